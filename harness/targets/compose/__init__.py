"""The compose target: the whole platform in containers, from the project's docker-compose.yml."""
