"""The command line. stdout is data, stderr is talk; every error says what is valid and what to do next."""
