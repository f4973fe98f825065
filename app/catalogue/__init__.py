"""The one catalogue of findings: stable codes, who acts, texts in Swedish and English, remedies."""
