"""Letters: notices as print-ready PDFs."""
