"""``python -m fuzz CAMPAIGN`` runs any number of cases from any seed, or repeats one case."""

import argparse
import os
import secrets
import sys
from importlib import import_module

from fuzz.campaign import CAMPAIGNS, CampaignResult, Failure, examine, run


def main() -> int:
    """Print the seed, then the results; the exit status is 1 if a case failed."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("campaign", choices=CAMPAIGNS)
    parser.add_argument("--count", type=int, default=None, help="number of cases")
    parser.add_argument("--seed", default=None, help="the seed; defaults to a new one")
    parser.add_argument("--case", type=int, default=None, help="run only the case with this number")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    seed = given.seed or secrets.token_hex(4)
    print(f"seed {seed}", flush=True)
    if given.case is not None:
        outcome = examine(given.campaign, seed, given.case)
        failures = (Failure(given.case, outcome.fault or "no fault", outcome.spec),)
        result = CampaignResult(given.campaign, seed, 1, failures, outcome.counts)
        print(result.explain(failures[0]))
        return 1 if outcome.fault else 0
    usual: int = getattr(import_module(f"fuzz.{given.campaign}"), "COUNT", 100_000)
    result = run(given.campaign, seed, given.count or usual, given.processes)
    for failure in result.failures:
        print(result.explain(failure))
    print(result)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
