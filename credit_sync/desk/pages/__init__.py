"""One module for each page or group of pages: reads the request, asks the store, fills a template."""
