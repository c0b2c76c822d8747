"""An attempt's one life: it is sent, what is learnt of it is applied, and what follows from that is done."""
