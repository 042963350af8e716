"""`anlan lint`: what is wrong with a rubric itself."""

import argparse
import json

from config.language import add_language

HELP = "find what is wrong with a rubric itself"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("rubric", help="code of a rubric, or a YAML file")
    add_language(parser, "the findings", default="en")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Lint and print; findings about the source document do not make the command fail."""
    from anlan.assessment.lint import lint
    from anlan.assessment.load import load_rubric
    from config.tables import print_findings

    findings = lint(load_rubric(args.rubric))
    if args.json:
        print(
            json.dumps(
                {"rubric": args.rubric, "findings": [finding.to_json() for finding in findings]},
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        print_findings(args.rubric, findings, language=args.language)
    return 0
