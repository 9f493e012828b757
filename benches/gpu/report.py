"""What was found, as Markdown and as JSON."""

import dataclasses
import json

MARKS = {True: "ok", False: "**failed**", None: ""}


def cell(value):
    if value is None:
        return "not measured"
    if isinstance(value, float):
        return "%.2f" % value if value < 100 else "%.0f" % value
    return str(value).replace("|", "\\|").replace("\n", " ")


def grid(rows):
    """A table of dictionaries with the same keys."""
    if not rows:
        return "nothing\n"
    names = list(rows[0])
    lines = ["| %s |" % " | ".join(names), "|%s" % ("---|" * len(names))]
    lines += ["| %s |" % " | ".join(cell(row.get(name)) for name in names) for row in rows]
    return "\n".join(lines) + "\n"


def markdown(head, parts, dry):
    text = ["# gantop on a GPU\n"]
    if dry:
        text.append("**A dry run on the CPU**: the device is `cpu`, the steps are few, and no figure here says anything of a GPU.\n")
    text += ["%s\n" % line for line in head]
    failed = [part.title for part in parts if part.failed()]
    text.append("Failed: %s.\n" % ", ".join(failed) if failed else "Nothing failed.\n")
    for part in parts:
        text.append("## %s\n" % part.title)
        if part.left_out:
            text.append("Left out: %s.\n" % part.left_out)
        if part.failure:
            text.append("The part broke off:\n\n```text\n%s\n```\n" % part.failure.strip())
        if part.rows:
            rows = [{"": MARKS[row.passed], "what": row.what, "found": row.found.splitlines()[0] if row.found else ""} for row in part.rows]
            text.append(grid(rows))
        for row in part.rows:
            if "\n" in row.found:
                text.append("%s:\n\n```text\n%s\n```\n" % (row.what, row.found))
        for table in part.tables:
            text.append("%s:\n\n%s" % (table["title"], grid(table["rows"])))
        text.append("%.0f seconds.\n" % part.seconds)
    return "\n".join(text)


def write(folder, head, parts, dry):
    """Both files, anew after each part: what is there when the time is over is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gpu-check.md").write_text(markdown(head, parts, dry))
    whole = {"dry": dry, "head": head, "parts": [dataclasses.asdict(part) for part in parts]}
    (folder / "gpu-check.json").write_text(json.dumps(whole, indent=1))
