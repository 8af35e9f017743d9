from kerasnlp_tutorial.demo import views

TEXT = "<b>김하늘</b>은 서울에 산다"
ANSWER = {
    "text": TEXT,
    "entities": [
        {"text": "<b>김하늘", "start": 0, "end": 6, "label": "PER", "probability": 0.9},
        {"text": "서울", "start": 12, "end": 14, "label": "LOC", "probability": 0.8},
    ],
}


def test_entities_are_marked_by_their_korean_names():
    pieces = views.entity_segments(ANSWER)
    assert pieces == [
        ("<b>김하늘", "인명"),
        ("</b>은 ", None),
        ("서울", "지명"),
        ("에 산다", None),
    ]
    assert views.entity_name("뜻밖의 것") == "뜻밖의 것"


def test_a_score_stands_beside_the_best_baseline():
    metrics = {"exact_match": 0.2, "f1": 0.312, "baselines": {"sentence_f1": 0.378}}
    line = views.score_line("f1", "F1", metrics)
    assert line.startswith("평가 데이터에서 F1 0.312, 기준선 0.378.")
    before = {"perplexity_before": 325.8, "character_perplexity_before": 27.7}
    metrics = {"perplexity": 30.2, "baselines": before}
    line = views.score_line("perplexity", "퍼플렉시티", metrics)
    assert "30.200, 기준선 325.800" in line
    assert views.score_line("accuracy", "정확도", {}) == ""


def test_tables_escape_what_is_in_them():
    table = views.entity_table(ANSWER)
    assert "&lt;b&gt;김하늘" in table and "<b>" not in table
    assert "인명 (PER)" in table and "90.0%" in table
    assert views.entity_table({"entities": []}) == views.NO_ENTITY
    candidates = [{"text": "<script>", "start": 0, "end": 8, "probability": 0.5}]
    table = views.candidate_table({"candidates": candidates})
    assert "&lt;script&gt;" in table and "<script>" not in table


def test_the_answer_is_marked_where_it_is():
    answer = {"answer": "서울", "start": 12, "end": 14}
    pieces = views.answer_segments(TEXT, answer)
    assert pieces[1] == ("서울", "답") and "".join(p for p, _ in pieces) == TEXT
    nothing = {"answer": "", "start": 0, "end": 0}
    assert views.answer_segments(TEXT, nothing) == [(TEXT, None)]
    assert views.segments("", []) == []
