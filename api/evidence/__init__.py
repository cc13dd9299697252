"""What an auditor takes home: evidence bundles and log exports. Their form: docs/reference/evidence.md."""
