"""Files put to vouchers and documents (fortnox-api.md 3.14)."""

from sandbox.fortnox.fields import parse_schema

VOUCHER_FILE_CONNECTION = parse_schema("""
FileId text "" req
Name text "" ro
VoucherDescription text ""
VoucherNumber text "" req
VoucherSeries text "" req
VoucherYear int null
""")
