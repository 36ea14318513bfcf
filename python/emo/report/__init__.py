# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One HTML page on how a model's experts are used, from files that a program's command `profile` wrote."""
