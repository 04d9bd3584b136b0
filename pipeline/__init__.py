"""What we do to news: pure stages, and the I/O at their edges. Never imports workers, desk or newswire."""
