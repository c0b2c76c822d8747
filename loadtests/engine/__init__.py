"""The lanes: what runs inside a Locust process. Nothing outside of a Locust process imports this package."""
