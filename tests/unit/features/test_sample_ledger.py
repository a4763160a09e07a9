"""captured = analysed + skipped + lost + pending, whatever happens in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.features.sample_ledger import SampleLedger
from streamgenre.messages import SampleAccounts

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["capture", "analyse", "lose", "skip"]), st.integers(0, 500), st.integers(0, 500)
    )
)


def balanced(accounts: SampleAccounts) -> bool:
    skipped = sum(accounts.skipped.values())
    return accounts.captured == accounts.analysed + skipped + accounts.lost + accounts.pending


@given(STEPS)
def test_accounts_always_balance(steps):
    ledger = SampleLedger()
    end = captured = 0
    for step, one, other in steps:
        if step == "capture":
            ledger.capture(one, 0)
            captured += one
        elif step == "analyse":
            end = min(captured, end + one)
            ledger.analyse(max(0, end - other), end)
        elif step == "lose":
            ledger.skip_pending("gap")
            ledger.lose(one)
            captured += one
            end = captured
        else:
            ledger.skip_pending("tail")
        accounts = ledger.accounts()
        assert balanced(accounts)
        assert accounts.pending >= 0
        assert accounts.captured == captured


def test_what_a_long_hop_leaves_out_is_named():
    ledger = SampleLedger()
    ledger.capture(1000, 3)
    ledger.analyse(50, 300)
    ledger.analyse(400, 700)
    assert ledger.accounts() == SampleAccounts(
        1000, 550, {"filling": 50, "hop longer than window": 100}, 0, 300, 3
    )
