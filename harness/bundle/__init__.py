"""A run's folder as one file that proves itself unchanged: `bundle.tar`, written by `packing`, checked by `verifying`.

`blocks` finds the place of a change within a file, `chain` the place of an event in the order of all, `layout` says
which bytes of the archive stand where, `manifest` what is in it. `actions` tells who did what when. All of it is a
function of the folder: packing the same folder twice gives the same bytes.
"""

from harness.bundle.differing import Difference
from harness.bundle.packing import BUNDLE_FILE, Packed, pack
from harness.bundle.verifying import Verification, verify

__all__ = ["BUNDLE_FILE", "Difference", "Packed", "Verification", "pack", "verify"]
