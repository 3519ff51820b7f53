"""credit_sync: publish licences and penalties to Credit Anhui, and screen applicants against its lists."""
