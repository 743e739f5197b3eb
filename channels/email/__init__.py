"""E-mail: notices by SMTP, and the mailbox of the demo."""
