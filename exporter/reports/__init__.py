"""What the API, the page and `top` say of the host, as values."""
