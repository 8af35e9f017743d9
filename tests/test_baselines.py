from kerasnlp_tutorial.baselines import most_similar_sentence


def test_most_similar_sentence():
    context = "고래는 바다에 산다. 고래는 새끼를 낳는다! 참새는 알을 낳는다."
    found = most_similar_sentence("참새는 무엇을 낳는가?", context)
    assert found == "참새는 알을 낳는다."
    assert most_similar_sentence("?", "") == ""
