"""Is a company fit to go live? What its registers, connections and own orders say, before anything is written."""
