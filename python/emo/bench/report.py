# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The results as text."""


def _table(head, rows):
    cells = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in cells
    )


def _ms(value):
    return "%.3f" % value if value < 10 else "%.1f" % value


def _failures(failed):
    return ["not measured: %s: %s" % item for item in failed.items()]


def _layers(points):
    parts = []
    for key in dict.fromkeys(point["shape"] for point in points):
        mine = [point for point in points if point["shape"] == key]
        rows = []
        for point in mine:
            best = min(
                (row["median_ms"] for name, row in point["contenders"].items() if not name.startswith("emo")), default=None
            )
            for name, row in point["contenders"].items():
                against = "%.2fx" % (best / row["median_ms"]) if best and name.startswith("emo") else ""
                rows.append(
                    [
                        "%d tokens, %s" % (point["tokens"], name),
                        _ms(row["median_ms"]),
                        _ms(row["min_ms"]),
                        "%.0f %%" % (100 * row["roofline"]),
                        against,
                        "" if row["error"] is None else "%.1e" % row["error"],
                    ]
                )
        title = "MoE layer %s: %s" % (key, mine[0]["name"])
        parts += [title + "\n" + _table(["", "median ms", "min ms", "of the roofline", "best peer / emo", "error"], rows)]
        parts += ["\n".join(dict.fromkeys(line for point in mine for line in _failures(point["failed"])))]
    return parts


def _model(result):
    best = {
        key: min((row[key] for name, row in result["contenders"].items() if not name.startswith("emo")), default=None)
        for key in ("prefill_ms", "decode_ms")
    }
    rows = []
    for name, row in result["contenders"].items():
        against = [
            "%.2fx" % (best[key] / row[key]) if best[key] and name.startswith("emo") else ""
            for key in ("prefill_ms", "decode_ms")
        ]
        rows.append(
            [
                name,
                _ms(row["prefill_ms"]),
                "%.0f" % row["prefill_tokens_per_s"],
                against[0],
                _ms(row["decode_ms"]),
                "%.1f" % row["decode_tokens_per_s"],
                against[1],
                "" if row["decode_of_dram"] is None else "%.0f %%" % (100 * row["decode_of_dram"]),
                "" if row["difference"] is None else "%.1e" % row["difference"],
            ]
        )
    title = "%s: prefill of %d tokens, decoding of %d after them, %.1f MB read a token" % (
        result["name"],
        result["prompt_tokens"],
        result["new_tokens"],
        result["bytes_per_token"] / 1e6,
    )
    head = ["", "prefill ms", "tokens/s", "best peer / emo", "decode ms", "tokens/s", "best peer / emo", "of DRAM", "difference"]
    return [title + "\n" + _table(head, rows), "\n".join(_failures(result["failed"]))]


def _experts(result):
    rows = []
    for row in result["parts"]:
        cells = ["%d of %d experts" % (row["experts"], result["of"]), "%.1f" % row["program_mb"]]
        for memory in ("huge", "map"):
            cells += ["%.0f" % row[memory]["prefill_tokens_per_s"], "%.1f" % row[memory]["decode_tokens_per_s"]]
            cells += ["%.1f" % row[memory]["memory_mb"]]
        rows.append(cells)
    title = "%s: prefill of %d tokens, decoding of %d; programs and the most memory of their processes in MB" % (
        result["name"],
        result["prompt_tokens"],
        result["new_tokens"],
    )
    head = ["", "program", "huge: prefill tokens/s", "decode tokens/s", "memory", "mapped: prefill tokens/s", "decode tokens/s", "memory"]
    return title + "\n" + _table(head, rows)


def _cuda(result):
    if "skipped" in result:
        return ["cuda: " + result["skipped"]]
    rows, routers = [], []
    for case in result["cases"]:
        for contender in ("emo", "triton"):
            if contender not in case:
                continue
            row = case[contender]
            who = "emo" if contender == "emo" else "Triton (%s)" % row["variant"]
            cells = ["%s %s, %s" % (case["arch"], case["name"], who), row["registers"], row["spill_bytes"]]
            key = "slots" if "slots" in row else "instructions_per_token"
            against = "%.2f" % (row[key] / case["triton"][key]) if contender == "emo" and "triton" in case else ""
            if key == "slots":
                copies = "%d x %d" % (row["copying_warps"], row["copy_loop"]) if "copy_loop" in row else ""
                issued = "%d x %d" % (row["multiplying_warps"], row["issued"])
                rows.append(cells + [row["main_loop"], row["matrix"], issued, copies, "%.0f" % row["slots"], against])
            else:
                routers.append(cells + ["%.0f" % row[key], against])
    title = "CUDA kernels: ptxas %s (%s) for all; Triton %s" % (result["ptxas_version"], result["ptxas"], result["triton"])
    if result["triton"] == "not installed":
        title += " in any interpreter of --peers-python: emo's kernels alone"
    head = ["", "registers", "spilled bytes", "main loop", "of it matrix", "warps x issued", "copying warps x loop", "slots a step", "emo / Triton"]
    return [
        title + "\n" + _table(head, rows),
        _table(["", "registers", "spilled bytes", "instructions a token", "emo / Triton"], routers),
        "\n".join(_failures(result["failed"])),
    ]


def _gpu(result):
    if "skipped" in result:
        return ["gpu: " + result["skipped"]]
    parts = ["GPU: %s, kernels for %s" % (result["gpu"], result["arch"])]
    for point in result["points"]:
        roofs = point["roofs"]
        known = ", roofs: memory %.0f GB/s, bf16 %.0f TFLOP/s" % (roofs["dram_gb_s"], roofs["bf16_tflop_s"]) if roofs["dram_gb_s"] else ""
        table, failures = _model(dict(point, name=point["name"] + " on the GPU" + known))
        parts += [table, failures]
    return parts


def _roofs(results):
    """The least and the most of the run."""
    many = [results["roofs"]] + [
        part["roofs"]
        for part in [*results.get("layer", []), results.get("model", {}), results.get("small", {})]
        if "roofs" in part
    ]

    def span(key, form):
        values = [form % roofs[key] for roofs in many]
        return " to ".join(dict.fromkeys((min(values, key=float), max(values, key=float))))

    instruction = results["roofs"]["instruction"]
    arithmetic = ", %s %s TFLOP/s" % (instruction, span("bf16_tflop_s", "%.2f")) if instruction else ""
    return "roofs: DRAM %s GB/s%s" % (span("dram_gb_s", "%.1f"), arithmetic)


def text(results):
    machine, versions, peers = (results[key] for key in ("machine", "versions", "peers"))
    parts = [
        "\n".join(
            [
                "machine: %s, %d CPUs, %.1f GiB, %s, Linux %s, load average before %.2f"
                % (
                    machine["cpu"],
                    machine["cpus"],
                    machine["memory_gib"],
                    " ".join(machine["features"]) or "no AVX2",
                    machine["kernel"],
                    machine["load_average"],
                ),
                "threads: %d" % results["threads"],
                "versions: %s, Python %s, NumPy %s" % (versions["emo"], versions["python"], versions["numpy"]),
                "peers: PyTorch %s; vLLM %s; Triton %s%s"
                % (
                    peers["torch"],
                    peers["vllm"],
                    peers["triton"],
                    "; with " + ", ".join(peers["preloaded"]) if peers["preloaded"] else "",
                ),
            ]
            + ([_roofs(results)] if "roofs" in results else [])
        )
    ]
    parts += _layers(results.get("layer", []))
    for key in ("model", "small"):
        if key in results:
            parts += _model(results[key]) if "contenders" in results[key] else ["%s: %s" % (key, results[key]["skipped"])]
    parts += [_experts(result) for result in results.get("experts", [])]
    if "start" in results:
        start = results["start"]
        parts.append(
            "start: " + start["skipped"]
            if "skipped" in start
            else "start: %s; first token after exec %.1f ms (%.1f to %.1f)"
            % (
                ", ".join("compiled for %s in %.2f s" % item for item in start["compile_s"].items()),
                *(start["first_token_ms"][key] for key in ("median", "min", "max")),
            )
        )
    if "gpu" in results:
        parts += _gpu(results["gpu"])
    if "cuda" in results:
        parts += _cuda(results["cuda"])
    return "\n\n".join(part for part in parts if part)
