import gc

from helpers import printed_by

from kerasnlp_tutorial.cli.lasting_imports import lasting


def test_keras_is_not_looked_through():
    code = (
        "import gc\n"
        "from kerasnlp_tutorial.cli.lasting_imports import let_imports_last\n"
        "from kerasnlp_tutorial.cli.light_keras import import_keras_lightly\n"
        "let_imports_last()\n"
        "import_keras_lightly()\n"
        "before = sum(part['collections'] for part in gc.get_stats())\n"
        "import keras\n"
        "import sys\n"
        "assert 'matplotlib' not in sys.modules\n"  # both contexts were entered
        "print(gc.isenabled(), gc.get_freeze_count() > 100_000)\n"
        "print(sum(part['collections'] for part in gc.get_stats()) - before < 20)\n"
    )
    assert printed_by(code) == ["True True", "True"]


def test_what_comes_later_is_collected():
    class Cycle:
        deleted = 0

        def __init__(self):
            self.self = self

        def __del__(self):
            Cycle.deleted += 1

    with lasting(), lasting():
        assert not gc.isenabled()
        Cycle()
    Cycle()
    gc.collect()
    assert gc.isenabled() and Cycle.deleted == 1
    gc.unfreeze()
    gc.collect()
    assert Cycle.deleted == 2
