"""What /openapi.json says, taken from the declarations that requests and answers are made by."""
