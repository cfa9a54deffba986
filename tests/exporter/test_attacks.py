"""The project's attack table, row by row: which tests make the attempt, or why there is nothing to attempt.

A test says in its name, or in the id of a case, which rows it is for. What is refused has a problem document
as its body (`web/problems.py`), has run nothing, and leaves no password and no token in any line of the log,
which is read after every test in `web/`.
"""

import re
from pathlib import Path

import pytest

from tests.functions import names_of_tests_in

TESTS = Path(__file__).parents[1]
GUARD = "exporter/web/test_guard.py"
LOGIN = "exporter/web/test_login.py"
FORGED = "exporter/web/test_forged_tokens.py"
STATS = "exporter/web/test_stats.py"
RUN = "exporter/web/test_run.py"
REFUSED = "exporter/web/test_run_attacks.py"
WIRE = "exporter/web/test_run_wire.py"
ACCESS = "exporter/access/test_access.py"
TOKENS = "exporter/access/test_tokens.py"
REVOCATIONS = "exporter/access/test_revocations.py"
USERS = "exporter/access/test_installed.py"
COMMANDS = "exporter/commands/test_installed.py"
RUNNER = "exporter/commands/test_runner.py"
SERVER = "marax/test_serving.py"
SERVER_WIRE = "marax/test_serving_wire.py"
TLS = "marax/test_serving_tls.py"

A_FORGED_TOKEN = f"{FORGED}::test_a_forged_token_opens_nothing"
A_STRANGER = f"{GUARD}::test_every_guarded_route_refuses_a_stranger"
NO_TOKEN = f"{REFUSED}::test_runs_nothing_without_a_token_in_the_header"
ARGUMENTS = f"{REFUSED}::test_takes_arguments_of_their_exact_type"
BODIES = f"{REFUSED}::test_takes_json_of_one_meaning_only"
MEDIA_TYPES = f"{REFUSED}::test_takes_no_other_media_type"
HEADS = f"{SERVER_WIRE}::test_refuses_what_is_ambiguous"
UNDER_ATTACK = "marax/test_serving_attack.py::test_answers_every_scrape_under_attack_and_recovers"

ROWS: dict[int, tuple[str, ...]] = {
    1: (A_STRANGER, NO_TOKEN, f"{GUARD}::test_1_only_a_few_routes_are_open_to_all"),
    2: (A_STRANGER, NO_TOKEN, f"{LOGIN}::test_2_the_throttle_goes_by_the_real_address"),
    3: (A_STRANGER, NO_TOKEN),
    4: (f"{GUARD}::test_4_two_tokens_are_one_too_many", f"{REFUSED}::test_4_runs_nothing_with_two_tokens"),
    5: (
        NO_TOKEN,
        f"{GUARD}::test_5_the_settings_can_end_tokens_in_the_query",
        f"{GUARD}::test_5_what_changes_anything_takes_no_token_in_the_query",
        f"{USERS}::test_the_original_way_works_and_leaves_no_token_in_the_log",
    ),
    6: (A_FORGED_TOKEN, f"{TOKENS}::test_6_refuses_a_token_without_a_signature"),
    7: (A_FORGED_TOKEN, f"{TOKENS}::test_refuses_what_is_not_whole"),
    8: (
        A_FORGED_TOKEN,
        f"{TOKENS}::test_refuses_other_claims_however_well_signed",
        f"{TOKENS}::test_8_refuses_claims_written_in_another_way",
        f"{TOKENS}::test_8_refuses_an_expired_token",
    ),
    9: (
        A_FORGED_TOKEN,
        f"{TOKENS}::test_refuses_a_token_that_leaves_a_claim_out",
        f"{TOKENS}::test_9_a_host_with_another_key_does_not",
    ),
    10: (A_FORGED_TOKEN, f"{TOKENS}::test_refuses_another_header_however_well_signed"),
    11: (A_FORGED_TOKEN, f"{TOKENS}::test_refuses_another_header_however_well_signed"),
    12: (
        f"{LOGIN}::test_12_a_logout_ends_this_token_and_no_other",
        f"{LOGIN}::test_12_a_logout_everywhere_ends_all_tokens_of_the_user",
        f"{LOGIN}::test_a_token_ends_when_its_user_changes",
        f"{USERS}::test_12_a_logout_survives_kill_9",
        f"{ACCESS}::test_12_a_token_ends_with_the_password",
        f"{ACCESS}::test_12_a_token_ends_with_its_user",
        f"{REVOCATIONS}::test_12_covers_a_token_that_was_revoked_and_no_other",
        f"{REVOCATIONS}::test_12_covers_it_after_a_restart",
        f"{REVOCATIONS}::test_12_covers_all_tokens_of_a_user_that_were_issued_so_far",
        f"{REVOCATIONS}::test_12_remembers_single_tokens_that_were_revoked_after_all",
    ),
    13: (
        f"{LOGIN}::test_13_a_logout_is_done_once",
        f"{ACCESS}::test_13_a_login_at_the_moment_of_a_logout_everywhere_is_good",
        f"{REVOCATIONS}::test_13_revokes_a_token_once",
        A_STRANGER,
    ),
    14: (
        f"{LOGIN}::test_14_no_token_outlives_its_session",
        f"{LOGIN}::test_14_of_renewals_at_the_same_time_one_succeeds",
        f"{LOGIN}::test_14_a_token_of_another_host_opens_nothing_here",
        f"{ACCESS}::test_14_a_token_is_renewed_once",
        f"{ACCESS}::test_14_renewal_ends_with_the_session",
        f"{REVOCATIONS}::test_14_of_callers_at_the_same_time_only_one_revokes",
    ),
    15: (
        f"{LOGIN}::test_every_refusal_looks_the_same",
        f"{ACCESS}::test_a_refused_login_takes_exactly_one_check",
        f"{ACCESS}::test_15_an_unknown_user_costs_as_much_as_the_dearest_hash",
    ),
    16: (
        f"{LOGIN}::test_every_refusal_looks_the_same",
        f"{ACCESS}::test_what_is_too_long_is_refused_without_a_check",
    ),
    17: (f"{LOGIN}::test_a_malformed_header_is_asked_again_without_a_check",),
    18: (
        f"{LOGIN}::test_failures_are_throttled",
        f"{LOGIN}::test_18_an_owner_whose_address_is_known_gets_in_all_the_same",
        f"{ACCESS}::test_18_failures_are_throttled_without_a_check",
        f"{ACCESS}::test_18_what_is_throttled_does_not_tell_who_exists",
        f"{ACCESS}::test_18_who_logged_in_before_gets_in_whatever_others_do",
    ),
    19: (
        f"{ACCESS}::test_19_of_32_logins_at_once_five_are_checked_one_by_one",
        f"{USERS}::test_19_a_flood_of_logins_moves_neither_scrapes_nor_memory",
    ),
    20: (
        f"{LOGIN}::test_a_wrong_body_is_named_without_a_check",
        f"{LOGIN}::test_a_wrong_logout_logs_nobody_out",
    ),
    21: (
        f"{REFUSED}::test_a_role_without_commands_runs_none",
        f"{GUARD}::test_a_view_is_for_its_role_and_those_above",
        f"{GUARD}::test_21_says_that_the_role_is_too_low",
    ),
    22: (f"{REFUSED}::test_22_what_is_hidden_is_like_what_is_not_there",),
    23: (f"{REFUSED}::test_knows_commands_by_their_exact_names", BODIES),
    24: (
        f"{REFUSED}::test_takes_no_other_members",
        f"{LOGIN}::test_a_wrong_body_is_named_without_a_check",
        f"{RUN}::test_takes_no_script_otherwise",
    ),
    25: (f"{REFUSED}::test_what_a_shell_would_heed_is_text_or_refused",),
    26: (
        f"{REFUSED}::test_a_free_text_is_no_option",
        f"{REFUSED}::test_26_a_file_to_read_arguments_from_only_if_the_pattern_says_so",
    ),
    27: (ARGUMENTS, BODIES),
    28: (ARGUMENTS, f"{REFUSED}::test_28_no_text_takes_long_whatever_the_pattern"),
    29: (ARGUMENTS,),
    30: (
        ARGUMENTS,
    ),  # by its form only: there is no type for paths, and what one leads to is the program's to check
    31: (ARGUMENTS, BODIES, f"{REFUSED}::test_takes_the_arguments_it_has"),
    32: (
        f"{REFUSED}::test_32_says_that_a_program_is_missing_and_not_which",
        f"{REFUSED}::test_does_not_run_what_others_may_have_replaced",
        f"{RUNNER}::test_says_why_a_program_cannot_be_started",
    ),
    33: (
        f"{COMMANDS}::test_keeps_its_commands_when_others_may_change_what_is_run",
        f"{COMMANDS}::test_does_not_begin_with_what_others_may_change",
    ),
    34: (
        f"{RUN}::test_tells_exit_codes_and_signals_apart",
        f"{RUNNER}::test_tells_how_the_program_ended",
    ),
    35: (f"{RUNNER}::test_leaves_nothing_behind", f"{RUNNER}::test_ends_its_own_processes_and_nobody_elses"),
    36: (
        f"{RUN}::test_cuts_the_output_at_its_limit_and_tells_its_length",
        f"{RUN}::test_any_output_stays_text",
        f"{RUNNER}::test_output_without_end_takes_no_memory",
    ),
    37: (
        f"{REFUSED}::test_37_shows_a_command_nothing_of_ours",
        f"{RUNNER}::test_runs_in_surroundings_made_from_nothing",
    ),
    38: (
        f"{RUNNER}::test_a_command_is_not_as_dear_to_the_kernel_as_the_exporter",
        "deploy/test_systemd.py::test_38_a_command_that_takes_too_much_ends_alone",
    ),
    39: (
        f"{REFUSED}::test_39_of_a_hundred_at_once_as_many_run_as_may",
        f"{WIRE}::test_39_of_many_long_commands_a_few_run_and_nothing_else_suffers",
    ),
    40: (f"{REFUSED}::test_40_says_that_a_second_request_is_not_the_first",),
    41: (
        f"{REFUSED}::test_no_run_can_be_asked_for_or_cancelled_by_its_number",
        f"{WIRE}::test_43_a_client_that_leaves_its_stream_ends_the_run",
    ),
    42: (f"{REFUSED}::test_no_run_can_be_asked_for_or_cancelled_by_its_number",),
    43: (
        f"{WIRE}::test_43_the_output_comes_while_the_command_runs",
        f"{WIRE}::test_43_a_client_that_leaves_its_stream_ends_the_run",
        f"{WIRE}::test_43_a_client_that_reads_nothing_does_not_keep_the_command",
        f"{WIRE}::test_39_of_many_long_commands_a_few_run_and_nothing_else_suffers",
    ),
    44: (
        f"{COMMANDS}::test_nothing_is_left_of_any_command_when_the_exporter_ends",
        f"{RUNNER}::test_nothing_is_left_when_the_exporter_is_killed",
    ),
    45: (
        f"{STATS}::test_refuses_another_count",
        f"{STATS}::test_refuses_another_order",
        f"{STATS}::test_refuses_other_parameters",
    ),
    46: (
        f"{STATS}::test_any_name_is_told_as_it_is",
        "exporter/test_processlist.py::test_46_shows_command_lines_only_if_the_settings_say_so",
        "exporter/web/test_answers.py::test_tells_any_text_as_it_is",
    ),
    47: (
        f"{STATS}::test_47_says_that_the_host_cannot_be_read",
        "exporter/test_processlist.py::test_47_a_process_that_is_gone_by_now_is_listed_without_details",
    ),
    48: (BODIES, MEDIA_TYPES, f"{LOGIN}::test_a_wrong_body_is_named_without_a_check"),
    49: (
        HEADS,
        f"{SERVER}::test_hands_on_a_chunked_body_whole",
        f"{SERVER}::test_refuses_a_large_body_before_the_client_sends_it",
        "marax/test_serving_deadlines.py::test_closes_whoever_takes_longer_than_ten_seconds",
    ),
    50: (HEADS, f"{SERVER_WIRE}::test_says_why_in_a_problem_document"),
    51: (HEADS, "exporter/web/test_hosts.py::test_refuses_other_names"),
    52: (HEADS,),
    53: (
        f"{REFUSED}::test_runs_by_post_only",
        f"{GUARD}::test_no_route_knows_other_methods",
        f"{LOGIN}::test_other_methods_are_not_known",
    ),
    54: (A_STRANGER, f"{REFUSED}::test_runs_by_post_only"),
    55: (
        f"{REFUSED}::test_no_other_spelling_of_the_path_is_open",
        f"{GUARD}::test_no_other_way_of_writing_a_path_leads_in",
        f"{GUARD}::test_55_slashes_before_a_path_lead_to_the_same_guard",
    ),
    56: (f"{GUARD}::test_no_answer_lets_other_sites_read_it",),
    57: (NO_TOKEN, MEDIA_TYPES, f"{LOGIN}::test_what_a_foreign_page_could_send_is_not_taken"),
    58: (
        f"{RUN}::test_any_output_stays_text",
        "exporter/web/test_app.py::test_every_answer_keeps_browsers_from_mischief",
    ),
    59: (
        f"{REFUSED}::test_nothing_sent_forges_a_line_of_the_audit_log",
        f"{ACCESS}::test_logs_no_name_that_is_not_a_users",
        "exporter/commands/test_audit.py::test_one_event_is_one_line_whatever_it_bears",
        "marax/test_logs.py::test_nothing_from_outside_can_forge_a_line_or_a_field",
    ),
    60: (
        UNDER_ATTACK,
        "marax/test_serving_deadlines.py::test_closes_whoever_takes_longer_than_ten_seconds",
        f"{SERVER}::test_lets_no_slow_reader_hold_a_thread",
        f"{TLS}::test_refuses_a_version_that_is_too_old",
        f"{TLS}::test_tells_a_plain_client_to_speak_https",
        f"{TLS}::test_closes_on_what_is_no_handshake",
    ),
    61: (
        f"{TLS}::test_requires_a_client_certificate_of_its_authority",
        f"{TLS}::test_verifies_a_client_certificate_only_if_there_is_one",
        f"{TLS}::test_lets_in_only_the_names_that_are_allowed",
    ),
    62: (
        f"{TLS}::test_keeps_the_old_certificate_when_the_new_one_is_bad",
        f"{TLS}::test_does_not_begin_with_a_key_that_everyone_can_read",
        f"{USERS}::test_62_a_key_that_others_can_read_is_refused_at_the_start",
        "exporter/access/test_key.py::test_62_refuses_a_key_of_another_user",
    ),
    63: ("marax/test_basicauth.py::test_63_guessing_delays_nobody_who_knows_the_password",),
    64: (
        f"{LOGIN}::test_a_clock_that_steps_opens_no_door",
        f"{TOKENS}::test_a_clock_that_steps_makes_no_token_last_longer",
        f"{REVOCATIONS}::test_64_holds_when_the_clock_steps_back_after_the_end_of_the_token",
    ),
    65: (
        f"{LOGIN}::test_what_cannot_be_written_is_never_said_to_be_done",
        f"{REVOCATIONS}::test_65_what_cannot_be_written_is_not_revoked",
        f"{REVOCATIONS}::test_65_drops_a_last_line_that_was_cut_short_with_a_warning",
        f"{REVOCATIONS}::test_65_an_unreadable_line_revokes_all_tokens_issued_so_far",
        "exporter/access/test_journal.py::test_65_a_full_disk_leaves_the_lines_as_they_were",
        "exporter/access/test_journal.py::test_65_a_full_disk_leaves_the_old_lines_when_they_are_to_be_replaced",
    ),
    67: (
        f"{GUARD}::test_67_a_surprise_tells_nothing",
        f"{GUARD}::test_67_a_surprise_in_any_view_tells_nothing",
    ),
}
NOTHING_TO_ATTEMPT = {
    66: "There is no runner with a socket: the exporter runs commands itself, by `run_as` where it may.",
}
IN_PART = {
    4: "A cookie beside a token is passed over, as all cookies are.",
    11: "There is one key, without a number, so none that is retired.",
    30: "There is no type for paths.",
    32: "There is no `sha256`; instead, nothing is run that others could have replaced.",
    41: "Runs have no address, so nobody cancels another's; whoever leaves a stream ends its command.",
    44: "Runs are not kept; one that was killed has a line `started` in the audit log, and none `ended`.",
    57: "There are no cookies, so a foreign page has nothing to send along.",
    58: "There is no page yet that shows any of it.",
}


def test_every_row_is_attempted_or_cannot_be():
    assert sorted([*ROWS, *NOTHING_TO_ATTEMPT]) == list(range(1, 68))
    assert set(IN_PART) <= set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_the_tests_of_a_row_are_there(row: int):
    for path, _, name in (test.partition("::") for test in ROWS[row]):
        assert name in names_of_tests_in(TESTS / path)


def test_the_table_has_every_test_that_names_a_row():
    numbered = {
        (int(number[1]), f"{path.relative_to(TESTS)}::{number[0]}")
        for folder in ("exporter", "marax", "deploy")
        for path in (TESTS / folder).rglob("test_*.py")
        for number in map(re.compile(r"test_(\d+)_\w+").fullmatch, names_of_tests_in(path))
        if number
    }

    assert {(row, test) for row, test in numbered if test not in ROWS[row]} == set()
