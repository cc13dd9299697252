"""A ledger as an Open Fiscal Data Package: datapackage.json and the tables that it describes."""
