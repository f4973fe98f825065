"""Fortnox's resources, one module each; `RESOURCES` maps the first path word to its resource."""

from sandbox.fortnox.api import Resource
from sandbox.fortnox.resources.accounts import AccountCharts, Accounts, FinancialYears
from sandbox.fortnox.resources.articles import Articles
from sandbox.fortnox.resources.company import CompanyInformation, Me, Settings
from sandbox.fortnox.resources.customers import Customers
from sandbox.fortnox.resources.files import FileStore, VoucherFileConnections
from sandbox.fortnox.resources.invoice_payments import InvoicePayments
from sandbox.fortnox.resources.invoices import Invoices
from sandbox.fortnox.resources.orders import Orders
from sandbox.fortnox.resources.prices import Prices
from sandbox.fortnox.resources.registers import REGISTERS
from sandbox.fortnox.resources.sie import Sie
from sandbox.fortnox.resources.small import EuVatLimit, Labels, TaxReductions
from sandbox.fortnox.resources.vouchers import Vouchers
from sandbox.fortnox.services.attachments import Attachments
from sandbox.fortnox.services.warehouse import Warehouse

RESOURCES: dict[str, Resource] = {
    "companyinformation": CompanyInformation(),
    "settings": Settings(),
    "me": Me(),
    "customers": Customers(),
    "articles": Articles(),
    "accounts": Accounts(),
    "accountcharts": AccountCharts(),
    "financialyears": FinancialYears(),
    "invoices": Invoices(),
    "invoicepayments": InvoicePayments(),
    "orders": Orders(),
    "vouchers": Vouchers(),
    "prices": Prices(),
    "labels": Labels(),
    "taxreductions": TaxReductions(),
    "euvatlimitregulation": EuVatLimit(),
    "sie": Sie(),
    "inbox": FileStore("inbox"),
    "archive": FileStore("archive"),
    "voucherfileconnections": VoucherFileConnections(),
    **REGISTERS,
}
# What answers under /api, likewise by its first word.
SERVICES: dict[str, Resource] = {"warehouse": Warehouse(), "fileattachments": Attachments()}

# Which scope a resource needs (fortnox-api.md 1.3); `SandboxConfig.scope_of` overrides.
SCOPE_OF: dict[str, str] = {
    "companyinformation": "companyinformation",
    "settings": "settings",
    "me": "profile",
    "customers": "customer",
    "articles": "article",
    "invoices": "invoice",
    "invoicepayments": "payment",
    "orders": "order",
    "accounts": "bookkeeping",
    "accountcharts": "bookkeeping",
    "financialyears": "bookkeeping",
    "vouchers": "bookkeeping",
    "voucherseries": "bookkeeping",
    "predefinedvoucherseries": "bookkeeping",
    "predefinedaccounts": "settings",
    "modesofpayments": "settings",
    "termsofpayments": "settings",
    "termsofdeliveries": "settings",
    "wayofdeliveries": "settings",
    "units": "settings",
    "pricelists": "price",
    "prices": "price",
    "labels": "settings",
    "taxreductions": "invoice",
    "euvatlimitregulation": "settings",
    "sie": "bookkeeping",
    "inbox": "inbox",
    "archive": "archive",
    "voucherfileconnections": "connectfile",
    "warehouse": "warehouse",
    "fileattachments": "connectfile",
    "currencies": "currency",
    "costcenters": "costcenter",
    "projects": "project",
}
