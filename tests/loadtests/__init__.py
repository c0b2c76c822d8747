"""Tests of the load generator. Locust runs in processes of its own, never in the process of the tests."""
