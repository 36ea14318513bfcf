# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""failing-device.py TINY: a session on the fake driver, which fails from when it is asked to."""

import os
import sys

import emo

session = emo.compile(sys.argv[1], target="cuda", cuda_arch="sm_80", device="cuda").session(8)
session.feed([7, 3, 1])


def attempt(what, action):
    try:
        action()
        print(what + ": no error")
    except emo.Error as error:
        print("%s: %s" % (what, error))


os.environ["FAKE_CUDA_FAIL"] = "cuStreamSynchronize"
attempt("logits", session.logits)
attempt("choose", session.choose)
del os.environ["FAKE_CUDA_FAIL"]
print("works again: %d logits" % len(session.logits()))
session.clear()
attempt("cleared", session.logits)
