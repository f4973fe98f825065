"""What any program needs and no bookkeeper would know: money, time, HTTP, the database, encryption."""
