"""What can go wrong: one fault in each file. `docs/adding-a-fault.md` shows how to add one.

Every module here that does not start with an underscore exposes one public factory of the module's own name, which
returns a fault (see `harness.core.fault.Fault`). Link faults go through Toxiproxy; faults on a share of requests live
in the gateway simulators, because Toxiproxy rolls its dice per connection and not per request.
"""
