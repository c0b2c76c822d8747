"""Subscription billing: periods become invoices, invoices become charges, each once however many billers there are."""
