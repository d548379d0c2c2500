"""The command line: ``workbook report rongcheng`` and its siblings.

Exit status: 0 done, 1 a run failed, 2 bad input.  Messages are Chinese unless ``--language en`` is given.  What a
command needs is imported when it runs: a schedule that wakes four times an hour must not load the model to find that
nothing is due.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import perf_counter

from analytics.inputs.faults import Fault, InputError
from analytics.places import PARAMS, ROOT
from analytics.runs.options import BAD_INPUT, DONE, FAILED, checked_day, checked_formats, command
from analytics.terms import Language, Term, label, text

_WORDS = {
    "done": Term("完成，用时 {seconds:.1f} 秒：{out}", "done in {seconds:.1f} s: {out}"),
    "failed": Term("未完成，原有报告未改动：", "failed; the report that was there is untouched:"),
    "bad": Term("输入有误，共 {n} 处：", "the input has {n} fault(s):"),
    "sound": Term(
        "{plan}：格式和数据检查通过；审核意见 {n} 条：", "{plan}: plan and data are sound; {n} audit findings:"
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    asked, rest = _parser().parse_known_args(arguments)
    if rest and asked.command is not _test:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    asked.rest = rest
    try:
        return asked.command(asked)
    except InputError as error:
        _say("bad", asked.language, n=len(error.faults))
        print(error.message(asked.language), file=sys.stderr)
        return BAD_INPUT


def _say(key: str, language: Language, **gaps: object) -> None:
    print(text(_WORDS[key], language, **gaps), file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    from analytics.runs import commands as batches
    from analytics.runs import whatif
    from analytics.runs.schedule import command as schedules
    from analytics.runs.warm import command as warm

    parser = argparse.ArgumentParser(
        prog="workbook", description="社会保险规划测算工作簿 / social-insurance planning workbook"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _report_command(commands)
    command(commands, "check", _check, "检查规划文件并审核 / validate and audit a plan").add_argument("plan", nargs="+")
    command(commands, "plans", _plans, "列出规划 / list the plans")
    command(commands, "schema", _schema, "写出 params/plan.schema.json / write the JSON Schema for editors")
    command(commands, "ledger", _ledger, "以往预测与实际对照 / past forecasts against actuals").add_argument(
        "plan", nargs="?"
    )
    batches.add_commands(commands)
    schedules.add_command(commands)
    whatif.add_command(commands)
    warm.add_command(commands)
    command(commands, "lab", _lab, "用 JupyterLab 打开笔记本（中文菜单）/ open the notebooks in JupyterLab")
    command(commands, "bench", _bench, "运行基准测试 / run a benchmark").add_argument("name")
    command(commands, "test", _test, "运行测试，其余参数交给 pytest / run the tests; further arguments go to pytest")
    return parser


def _report_command(commands: argparse._SubParsersAction) -> None:
    from analytics.runs.order import FORMATS

    parser = command(commands, "report", _report, "生成报告 / make the report of a plan")
    parser.add_argument("plan")
    parser.add_argument(
        "--scenario", action="append", metavar="NAME", help="情景，可多次；默认全部 / repeatable; all by default"
    )
    parser.add_argument("--as-of", default=str(date.today()), metavar="DATE", help="数据截至日 YYYY-MM-DD / data as of")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="输出目录，默认 reports/<plan> / folder to publish into"
    )
    parser.add_argument("--formats", default=",".join(FORMATS), help=",".join(FORMATS))


def _report(asked: argparse.Namespace) -> int:
    from analytics.runs.order import ALL, Order
    from analytics.runs.single import ReportFailed, make_report

    out = asked.out or ROOT / "reports" / asked.plan
    formats = checked_formats(asked.formats)
    order = Order(asked.plan, out, ALL if asked.scenario is None else ",".join(asked.scenario), checked_day(asked.as_of),
                  asked.language, formats)  # fmt: skip
    began = perf_counter()
    try:
        make_report(
            order,
            lambda step: print(f"  {perf_counter() - began:5.1f} s  {text(step, asked.language)}", file=sys.stderr),
        )
    except ReportFailed as failure:
        _say("failed", asked.language)
        print(failure.message(asked.language), file=sys.stderr)
        return FAILED
    _say("done", asked.language, seconds=perf_counter() - began, out=out)
    return DONE


def _check(asked: argparse.Namespace) -> int:
    """Validate and audit each plan; all faults of all plans are reported."""
    from analytics.runs.open_study import open_study

    faults: list[Fault] = []
    for name in asked.plan:
        try:
            study = open_study(name, language=asked.language)
        except InputError as error:
            faults += error.faults
            continue
        print(text(_WORDS["sound"], asked.language, plan=name, n=len(study.findings)))
        for finding in study.findings:
            print(f"  [{label(finding.severity, asked.language)}] {text(finding.sentence, asked.language)}")
            print(f"      {finding.arithmetic}")
    if faults:
        raise InputError(faults)
    return DONE


def _plans(asked: argparse.Namespace) -> int:
    from analytics.inputs.plan_file import load_plan, plan_names

    for name in plan_names():
        plan = load_plan(name)
        print(f"{name:12} {plan.horizon.first_year}–{plan.horizon.last_year}  {plan.label.text(asked.language)}")
        print(f"{'':12} {', '.join(plan.scenario_names)}")
    return DONE


def _schema(_asked: argparse.Namespace) -> int:
    from analytics.inputs.plan_file import schema_text

    (PARAMS / "plan.schema.json").write_text(schema_text(), encoding="utf-8")
    return DONE


def _ledger(asked: argparse.Namespace) -> int:
    """Past forecasts scored; a damaged ledger is a failure, though what is whole is shown."""
    from analytics.presentation.sections.ledger import printed
    from analytics.runs.ledger_store import ledger_report, read

    print(printed(ledger_report(asked.plan, asked.language)))
    return FAILED if read().faults else DONE


def _lab(asked: argparse.Namespace) -> int:
    from analytics.runs.lab import open_lab

    return open_lab(asked.language)


def _bench(asked: argparse.Namespace) -> int:
    script = ROOT / "benchmarks" / f"{asked.name}.py"
    if not script.exists():
        known = "、".join(sorted(path.stem for path in script.parent.glob("[!_]*.py")))
        raise InputError([Fault(Term("没有这个基准测试", "no such benchmark"), found=asked.name, expected=known)])
    return subprocess.call([sys.executable, str(script)], cwd=ROOT)


def _test(asked: argparse.Namespace) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", *asked.rest], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
