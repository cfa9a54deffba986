"""The faults that the bridge is held against, and the tests that prove what holds under each."""

from itertools import chain
from pathlib import Path

import pytest

from tests.functions import functions_in, names_of_tests_in

ROOT = Path(__file__).parents[2]
COURIER = "tests/alertbridge/delivery/test_courier.py::test_"
HARD_TIMES = "tests/alertbridge/delivery/test_hard_times.py::test_"
MAILGUN = "tests/alertbridge/delivery/mailgun/test_faults.py::test_"
ACCOUNT = "tests/system/test_mailgun_account.py::test_"
EPISODES = "tests/alertbridge/alerts/test_episodes.py::test_"
EVENTS = "tests/alertbridge/web/test_mailgun_events.py::test_"
HEARTBEAT = "tests/alertbridge/background/test_heartbeat.py::test_"
LOAD = "tests/system/test_load.py::test_"
NETWORK = "tests/alertbridge/delivery/mailgun/test_network.py::test_"
ORPHANS = "tests/alertbridge/background/test_reconciliation.py::test_"
OUTBOX = "tests/alertbridge/outbox/test_outbox.py::test_"
POSTS = "tests/system/test_hostile_posts.py::test_"
PROMETHEUS = "tests/system/test_dead_prometheus.py::test_"
SERVING = "tests/alertbridge/cli/test_serving.py::test_"
STORAGE = "tests/system/test_storage.py::test_"
STORE = "tests/alertbridge/outbox/test_faults.py::test_"
TWO_LANES = "tests/alertbridge/delivery/test_failover.py::test_"
WEBHOOK = "tests/alertbridge/web/test_app.py::test_"

FAULTS = {
    "kill -9 at random moments: nothing is lost, nothing comes twice unflagged": [
        "bench/measurements/crash.py::measure",
        "tests/system/test_crash.py::test_nothing_taken_is_lost_and_nothing_is_doubled_unmarked",
        "tests/system/test_crash.py::test_nothing_at_all_is_doubled_where_mailgun_can_be_asked",
        OUTBOX + "what_was_being_sent_when_the_bridge_died_may_have_been_sent",
    ],
    "kill between the commit and the 200: Alertmanager's retry adds no mail": [
        STORAGE + "a_kill_between_the_commit_and_the_200_costs_no_mail_and_doubles_none",
        WEBHOOK + "a_repeated_post_is_fine_and_no_news",
    ],
    "429 and 420 in every shape: the lane waits so long, no attempt is counted, critical goes first": [
        MAILGUN + "a_limit_holds_up_the_lane_and_costs_nobody_an_attempt",
        COURIER + "a_pause_holds_up_everything_and_costs_nobody_an_attempt",
        "tests/alertbridge/delivery/mailgun/test_answers.py::test_a_limit_pauses_the_lane_for_as_long_as_is_said",
    ],
    "500, yet accepted, reset, cut answer, hang, the greeting: in doubt, looked up, never under two names": [
        MAILGUN + "a_mail_in_doubt_comes_once_where_mailgun_can_be_asked",
        MAILGUN + "a_mail_in_doubt_comes_again_under_its_name_where_mailgun_cannot_be_asked",
        COURIER + "repeats_what_may_have_been_sent_with_the_same_message_id",
        NETWORK + "whatever_comes_back_is_an_outcome",
    ],
    "no connection, no such name, no TLS: no doubt, the backlog leaves in order, and says that it is late": [
        MAILGUN + "what_could_not_leave_follows_the_first_that_can",
        NETWORK + "a_refused_connection_means_not_sent",
        NETWORK + "an_unknown_name_means_not_sent",
        NETWORK + "a_certificate_from_nowhere_means_not_sent",
    ],
    "401, 403, 404 for an hour: a pause with its reason, nothing given up, all sent once the key is mended": [
        MAILGUN + "an_hour_of_being_turned_away_gives_nothing_up",
        ACCOUNT + "what_waited_for_a_better_key_leaves_at_the_reload",
        ACCOUNT + "what_waited_for_a_better_address_leaves_at_the_reload",
        WEBHOOK + "says_why_sending_is_paused_and_is_ready_all_the_same",
        COURIER + "a_long_pause_makes_no_dead_letters",
        "tests/system/test_aftermath.py::test_mail_leaves_by_the_second_lane_while_mailgun_turns_everything_away",
        TWO_LANES + "nothing_comes_twice_and_nothing_is_lost_whatever_the_first_lane_does",
    ],
    "one bad recipient among fifty: the others get their mail, the admins hear of it once": [
        ACCOUNT + "of_fifty_recipients_one_that_is_bad_costs_the_others_nothing",
        COURIER + "one_refused_recipient_does_not_hold_up_the_others",
    ],
    "a suppressed address: told to the admins, and in a metric": [
        ACCOUNT + "a_suppressed_address_is_told_to_the_admins_and_in_a_metric",
        EVENTS + "the_admins_are_told_once_of_mail_that_comes_back_and_once_that_it_arrives",
        "tests/alertbridge/delivery/test_unreachable.py::test_the_metrics_name_those_who_cannot_be_reached",
    ],
    "a disk that is full, fails or is read-only, a database that is locked: 503, no half, well again": [
        STORAGE + "a_full_disk_is_answered_503_until_there_is_room",
        STORAGE + "a_disk_that_takes_no_more_writes_is_answered_503_until_it_does",
        STORAGE + "a_read_only_database_is_said_at_the_start_and_used_once_it_is_writable",
        STORAGE + "a_database_that_another_program_holds_is_answered_503_until_it_is_free",
        STORE + "a_full_disk_takes_all_of_a_post_or_nothing",
        STORE + "what_could_not_be_settled_on_a_full_disk_is_still_being_sent",
        STORE + "a_database_that_was_read_only_for_a_while_is_written_again_by_itself",
        STORE + "a_database_that_another_program_holds_is_waited_for_and_then_said_to_be_locked",
    ],
    "the clock is set, summer time ends: no mail is lost or held up, and silence is still noticed": [
        HARD_TIMES + "setting_the_clock_holds_up_no_mail_and_loses_none",
        HARD_TIMES + "a_clock_that_is_set_back_ends_no_wait_early",
        HARD_TIMES + "a_storm_goes_on_being_told_after_the_clock_was_set_back",
        HARD_TIMES + "the_hour_that_comes_twice_holds_up_no_mail",
        HARD_TIMES + "an_outage_over_the_hour_that_comes_twice_is_told_as_long_as_it_was",
        HEARTBEAT + "setting_the_clock_raises_no_alarm_and_hides_none",
        HEARTBEAT + "its_return_is_told_at_once_after_the_clock_was_set_back",
        "tests/alertbridge/delivery/test_unreachable.py::test_and_at_once_after_the_clock_was_set_back",
    ],
    "posts that are broken, huge or hostile: 400 or 413 with the reason, or a harmless mail": [
        POSTS + "what_is_no_payload_is_refused_with_the_reason",
        POSTS + "hostile_words_make_a_harmless_mail",
        "tests/alertbridge/alerts/test_payload.py::test_says_what_is_wrong_with_a_body",
        "tests/alertbridge/rendering/test_hostile_facts.py::test_writes_a_harmless_alert_whatever_its_facts",
    ],
    "10,000 alerts at once, then 10,000 ends: 200 in time, one thread, bounded memory": [
        LOAD + "ten_thousand_alerts_and_their_ends_are_two_mails_of_one_thread",
        "bench/measurements/webhook.py::measure",
    ],
    "two Alertmanagers and 7 s of 503: one mail each way": [
        "tests/system/test_cluster.py::"
        "test_two_alertmanagers_and_a_bridge_that_could_not_store_make_one_mail_each_way",
    ],
    "Alertmanager is killed, a route is renamed: no mail about what is known": [
        "tests/system/test_pipeline.py::test_an_alertmanager_that_was_killed_brings_no_new_mail",
        WEBHOOK + "a_route_that_was_renamed_is_no_news",
    ],
    "firing, over, firing within one interval; a late post: the numbers are right, and no ghost": [
        EPISODES + "firing_end_and_firing_within_one_payload_are_two_episodes",
        EPISODES + "a_firing_after_the_end_is_the_next_episode",
        EPISODES + "a_late_post_from_before_the_end_makes_no_ghost",
        EPISODES + "a_late_post_that_was_dated_before_the_end_was_stored_makes_no_ghost",
        STORE + "of_an_end_and_a_late_post_that_come_at_once_no_ghost_is_left",
    ],
    "a silence, in which the host comes back: the end is found out": [
        ORPHANS + "tells_the_end_once_prometheus_has_not_known_the_alert_for_minutes",
        ORPHANS + "believes_no_prometheus_that_may_know_nothing",
        EPISODES + "a_firing_anew_ends_the_episode_whose_end_was_never_told",
    ],
    "a template fails: the plainest mail goes out": [
        HARD_TIMES + "a_template_that_fails_costs_the_looks_of_the_mail_and_not_the_mail",
    ],
    "Prometheus hangs: the mail leaves within 3 s and says what is missing": [
        PROMETHEUS + "a_mail_leaves_within_3_seconds_and_says_what_is_missing",
        PROMETHEUS + "of_many_mails_the_last_leaves_within_3_seconds_too",
        "tests/alertbridge/prometheus/test_circuit_breaker.py::test_does_not_wait_again_for_one_that_was_just_silent",
        "tests/alertbridge/prometheus/test_queries.py::test_keeps_its_budget_whatever_prometheus_does",
    ],
    "Prometheus, Alertmanager or the way between dies: told with the part that is gone, and its return": [
        PROMETHEUS + "silence_is_told_with_the_part_that_is_gone_and_so_is_its_return",
        HEARTBEAT + "a_restart_neither_forgets_the_silence_nor_tells_it_again",
        "tests/alertbridge/prometheus/test_diagnosis.py::test_says_which_alertmanager_does_not_answer",
        "tests/alertbridge/prometheus/test_diagnosis.py::test_says_that_the_way_between_is_broken",
    ],
    "SIGTERM under load, a reload under load, a bad reload: no loss, the old settings stay": [
        LOAD + "ending_in_good_order_under_load_loses_and_doubles_nothing",
        LOAD + "reading_settings_under_load_good_ones_and_bad_ones_costs_no_post",
        STORAGE + "settings_are_taken_up_while_the_database_is_held",
        SERVING + "bad_settings_leave_those_in_force_until_they_are_mended",
    ],
    "the bridge is away for hours: one mail for what is still true, none for what came and went": [
        HARD_TIMES + "after_hours_away_only_what_is_still_true_is_told",
        OUTBOX + "what_ended_before_it_could_be_told_makes_one_mail",
    ],
    "whatever goes wrong: no secret in a log, an answer, a mail or the database": [
        "tests/system/test_secrets.py::test_no_secret_stands_in_any_answer_log_mail_or_table",
        "tests/alertbridge/delivery/mailgun/test_mailer.py::test_the_key_is_in_no_outcome_and_no_log_line",
    ],
}
OF_FAULTS_ALONE = [
    path.partition("::")[0] for path in (HARD_TIMES, MAILGUN, ACCOUNT, LOAD, POSTS, PROMETHEUS, STORAGE)
]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_proves_a_fault_is_there(fault):
    for proof in FAULTS[fault]:
        path, _, name = proof.partition("::")
        assert name in functions_in(ROOT / path), proof


@pytest.mark.parametrize("path", OF_FAULTS_ALONE)
def test_every_test_of_a_fault_stands_in_the_table(path):
    proofs = set(chain.from_iterable(FAULTS.values()))
    tests = {f"{path}::{name}" for name in names_of_tests_in(ROOT / path)}

    assert tests - proofs == set()
