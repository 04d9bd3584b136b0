"""Where each rule of the protocol stands in the code, and which test of the code asks for it. docs/why/rules-taken-out.md is made from it."""

from __future__ import annotations

from typing import Any

from tests.model import afterwards, fetching, ledger, push, stream, work

MODELS: tuple[Any, ...] = (work, fetching, ledger, afterwards, push, stream)
HELD_BY = {
    "a commit asks for the token": "pipeline/storage/work.py finish",
    "what sets aside asks for the token": "pipeline/storage/work.py quarantine_lost",
    "what was offered and not claimed is offered again": "pipeline/storage/work.py offer",
    "a claim takes only what is ready": "pipeline/storage/work.py claim",
    "a task runs one row": "workers/tasks.py _work",
    "a split makes what its own DELETE gave back": "pipeline/storage/work.py split",
    "an orderly end is no loss": "pipeline/storage/work.py give_back",
    "what is revoked is set aside": "pipeline/storage/work.py revoke",
    "what is released gets a new id": "pipeline/storage/quarantine.py replay",
    "validators and owed pages commit together": "pipeline/collect/hosts.py _keep_listing",
    "a batch writes only what its DELETE gave back": "pipeline/storage/frontier.py finish",
    "validators are kept only when the listing parsed": "pipeline/collect/hosts.py _keep_listing",
    "only a new sighting owes its page": "pipeline/storage/frontier.py sight",
    "attempts are marked when jobs are taken": "pipeline/storage/frontier.py take",
    "a job that was lost is fetched alone": "pipeline/storage/frontier.py take",
    "the lock is held from before the first change": "pipeline/storage/ledger.py held",
    "events are numbered under the lock": "pipeline/storage/ledger.py append",
    "last is read by a statement after the one that waited": "pipeline/storage/db.py lock_ledger",
    "last is read before the candidates": "pipeline/ingest/__init__.py ingest_chunk",
    "what came since the look-up is looked at again": "pipeline/storage/ledger.py versions_since",
    "that look goes by events, not by new items": "pipeline/storage/ledger.py versions_since",
    "a transaction that does nothing is ended": "pipeline/storage/db.py _postgresql",
    "nothing waits for another lock while it holds the ledger's": "pipeline/enriching.py _store",
    "whether all facts are there is looked up under the lock": "pipeline/enriching.py enrich_chunk",
    "a killed item gets no event": "pipeline/enriching.py enrich_chunk",
    "whoever stores an embargoed version inserts its release": "pipeline/ingest/__init__.py _commit",
    "a release clears its version only": "pipeline/releasing.py release_chunk",
    "a release looks for a kill": "pipeline/releasing.py release_chunk",
    "kills ignore filters": "pipeline/storage/deliveries.py read",
    "what left the filter is told": "pipeline/storage/messages.py ever_matched",
    "an acknowledgement names the seq": "pipeline/storage/deliveries.py _are_named",
    "an acknowledgement of an older generation does nothing": "pipeline/storage/deliveries.py _names",
    "a rewind keeps the rows": "pipeline/storage/subscriptions.py rewind",
    "a new subscription sets read_seq first": "pipeline/storage/subscriptions.py add",
    "what is not answered is sent again": "pipeline/storage/deliveries.py _lost_patience",
    "an append names the last id it expects": "pipeline/delivery/stream.py append",
    "a new stream's group begins at the floor": "pipeline/delivery/stream.py append",
    "pending and last-delivered are read at once": "pipeline/delivery/stream.py look",
    "the floor is written under its generation": "pipeline/storage/logs.py advance",
    "the floor passes what is filtered": "workers/couriers.py _move",
    "the floor passes what is filtered only when all is acknowledged": "workers/couriers.py _is_all_acknowledged",
    "a kill acknowledges what it deletes": "pipeline/storage/logs.py _erased",
    "the consumer applies only what is greater": "examples/consumer/consumer.py apply",
    "the consumer keeps tombstones": "examples/consumer/consumer.py apply",
}
NOT_OURS = {
    "a purge empties an item's row and never deletes it",  # purges are designed, and not built
    "what a consumer refuses it acknowledges",  # a consumer's own
    "a consumer claims what another one had",
}
_WORK = "tests/pipeline/storage/test_work.py"
_PUMP = "tests/pipeline/test_collect_pump.py"
_LEDGER = "tests/pipeline/storage/test_ledger.py"
_INGEST = "tests/pipeline/test_ingest.py"
_PUSH = "tests/pipeline/delivery/test_deliveries.py"
_STREAM = "tests/pipeline/delivery/test_stream.py"
_RESTORED = "tests/pipeline/storage/test_restored.py"
_LOCKS = "tests/pipeline/storage/test_order_of_locks.py"
_TARGETS = "tests/pipeline/delivery/test_targets.py"
ASKED_FOR_BY = {
    "a commit asks for the token": f"{_WORK}::test_a_zombie_cannot_finish_what_another_worker_holds",
    "what sets aside asks for the token": f"{_WORK}::test_a_zombie_cannot_give_back_split_or_quarantine_either",
    "what was offered and not claimed is offered again": f"{_WORK}::test_what_was_offered_and_not_claimed_is_offered_again_after_five_seconds",
    "a claim takes only what is ready": f"{_WORK}::test_a_row_is_claimed_once_until_its_lease_ends",
    "a task runs one row": "tests/workers/test_offer.py::test_a_message_reads_as_a_job",
    "a split makes what its own DELETE gave back": f"{_WORK}::test_singles_come_only_from_what_the_delete_gave_back",
    "an orderly end is no loss": f"{_WORK}::test_an_orderly_end_is_no_loss",
    "what is revoked is set aside": f"{_WORK}::test_a_revoked_row_goes_to_quarantine_and_returns_under_a_new_id",
    "what is released gets a new id": f"{_WORK}::test_a_revoked_row_goes_to_quarantine_and_returns_under_a_new_id",
    "validators and owed pages commit together": f"{_PUMP}::test_sightings_owed_pages_and_validators_commit_together",
    "a batch writes only what its DELETE gave back": f"{_PUMP}::test_a_micro_batch_writes_only_what_its_own_delete_gave_back",
    "validators are kept only when the listing parsed": f"{_PUMP}::test_validators_are_kept_only_when_the_listing_parsed",
    "only a new sighting owes its page": f"{_PUMP}::test_only_a_new_sighting_owes_its_page",
    "attempts are marked when jobs are taken": f"{_PUMP}::test_without_marking_attempts_the_good_ones_never_come",
    "a job that was lost is fetched alone": f"{_PUMP}::test_fetched_beside_others_the_lost_one_takes_innocents_to_quarantine",
    "the lock is held from before the first change": f"{_LEDGER}::test_without_the_lock_a_number_is_given_twice",
    "events are numbered under the lock": f"{_LEDGER}::test_writers_at_once_never_give_a_number_twice",
    "last is read by a statement after the one that waited": f"{_LEDGER}::test_last_must_be_read_in_a_statement_that_did_not_wait",
    "last is read before the candidates": f"{_INGEST}::test_when_last_is_read_after_the_candidates_the_story_splits",
    "what came since the look-up is looked at again": f"{_INGEST}::test_without_the_look_at_what_came_since_the_story_splits",
    "that look goes by events, not by new items": "tests/model/test_identity_machine.py::test_the_look_at_what_came_since_goes_by_events",
    "a transaction that does nothing is ended": f"{_LEDGER}::test_a_frozen_holder_of_the_lock_is_ended_by_the_server",
    "nothing waits for another lock while it holds the ledger's": f"{_LOCKS}::test_nothing_waits_for_another_lock_while_it_holds_the_ledgers",
    "whether all facts are there is looked up under the lock": f"{_LOCKS}::test_whether_all_facts_are_there_is_looked_up_under_the_lock",
    "a killed item gets no event": "tests/pipeline/test_enriching.py::test_facts_of_a_killed_item_are_not_told",
    "whoever stores an embargoed version inserts its release": f"{_INGEST}::test_an_embargoed_item_is_held_and_released_when_its_time_comes",
    "a release clears its version only": f"{_INGEST}::test_an_update_with_a_longer_embargo_is_not_shown_by_the_first_ones_release",
    "a release looks for a kill": f"{_INGEST}::test_a_release_does_not_revive_what_was_killed",
    "kills ignore filters": f"{_PUSH}::test_a_kill_ignores_filters",
    "what left the filter is told": f"{_PUSH}::test_what_leaves_the_filter_is_told_so",
    "an acknowledgement names the seq": f"{_PUSH}::test_an_acknowledgement_takes_the_row_only_where_it_names_its_seq",
    "an acknowledgement of an older generation does nothing": f"{_PUSH}::test_an_acknowledgement_of_an_older_generation_does_nothing",
    "a rewind keeps the rows": f"{_PUSH}::test_a_rewind_keeps_the_rows",
    "a new subscription sets read_seq first": f"{_PUSH}::test_what_is_stored_while_a_subscription_is_made_is_told_too",
    "what is not answered is sent again": f"{_PUSH}::test_what_was_sent_and_lost_is_sent_again",
    "an append names the last id it expects": f"{_STREAM}::test_an_append_is_refused_where_the_stream_is_not_what_was_seen",
    "a new stream's group begins at the floor": f"{_STREAM}::test_the_groups_are_made_at_the_floor",
    "pending and last-delivered are read at once": f"{_STREAM}::test_pending_and_delivered_are_seen_at_one_moment",
    "the floor is written under its generation": f"{_STREAM}::test_a_floor_of_before_a_rewind_is_not_written",
    "the floor passes what is filtered": f"{_STREAM}::test_the_floor_passes_what_the_filter_leaves_out",
    "the floor passes what is filtered only when all is acknowledged": f"{_STREAM}::test_the_floor_passes_nothing_that_is_not_acknowledged",
    "a kill acknowledges what it deletes": f"{_STREAM}::test_a_kill_takes_the_text_out_and_leaves_nothing_pending",
    "the consumer applies only what is greater": f"{_PUSH}::test_a_late_repeat_does_no_harm_to_a_consumer_with_the_guard",
    "the consumer keeps tombstones": f"{_PUSH}::test_a_consumer_remembers_kills_of_what_it_does_not_have",
}
"""Rule → the test of the code that fails where it isn't kept."""
BEYOND = {
    "a claim does not wait for a zombie that commits": f"{_WORK}::test_a_claim_does_not_wait_for_a_zombie_that_commits",
    "two sweeps offer a row once": f"{_WORK}::test_two_sweeps_at_once_offer_each_row_once",
    "Redis holds a window of messages, whatever the backlog": "tests/workers/test_offer.py::test_a_queue_holds_its_window_whatever_the_backlog",
    "what was lost goes before all that came with it": f"{_WORK}::test_what_was_lost_goes_before_all_that_came_with_it",
    "a lost chunk is split, and nothing of it is lost": f"{_WORK}::test_a_lost_chunk_is_split_into_singles_and_nothing_is_lost",
    "a single that was lost five times is set aside": f"{_WORK}::test_a_single_that_was_lost_five_times_goes_to_quarantine",
    "what a dead child held is free at once": f"{_WORK}::test_what_a_dead_child_held_is_ready_at_once_and_counts_as_lost",
    "a revocation is of an attempt": f"{_WORK}::test_revoking_an_attempt_that_is_over_does_nothing",
    "a transient error is tried again so many times": "tests/workers/test_retry.py::test_a_transient_error_is_bounded",
    "infrastructure is waited for, however long": "tests/workers/test_retry.py::test_infrastructure_never_gives_up_and_is_back_within_a_minute",
    "what the database refuses is its item's own error": f"{_INGEST}::test_what_the_database_refuses_is_found_in_its_chunk_and_set_aside",
    "who lost the lease writes nothing": f"{_INGEST}::test_a_worker_that_lost_its_lease_writes_nothing",
    "a host is had by one pump at a time": f"{_PUMP}::test_one_pump_at_a_time_has_a_host",
    "a host's lease outlasts its pump": f"{_PUMP}::test_a_host_lease_outlasts_its_pump",
    "a host is released by a statement after the one that waited": (
        f"{_PUMP}::test_a_release_that_reads_the_least_due_time_in_the_statement_that_waits_overlooks_them"
    ),
    "Retry-After holds for all pumps": f"{_PUMP}::test_retry_after_is_honoured_by_all_pumps",
    "a rollback leaves no gap in the numbers": f"{_LEDGER}::test_a_rollback_leaves_no_gap",
    "members of a chunk see one another": f"{_INGEST}::test_members_of_one_chunk_see_one_another",
    "a capture is judged once": f"{_INGEST}::test_a_capture_that_was_judged_is_not_judged_again",
    "unchanged means equal to the current version": f"{_INGEST}::test_what_went_back_to_an_older_text_is_a_new_version",
    "what is older than the current version is history": f"{_INGEST}::test_what_is_older_by_the_publishers_order_is_history",
    "a kill of what is unknown leaves a tombstone": f"{_INGEST}::test_what_arrives_after_its_kill_arrives_killed",
    "text never decides a kill": "tests/pipeline/dedupe/test_decide.py::test_text_never_decides_a_kill",
    "a message says the item as it is now": f"{_PUSH}::test_however_often_an_item_changed_there_is_one_row_and_the_newest_is_told",
    "a kill is due at once, whatever is in flight": f"{_PUSH}::test_a_kill_is_due_at_once_whatever_is_in_flight_and_before_all_else",
    "of what was killed only ids and status are told": f"{_PUSH}::test_a_killed_item_goes_as_ids_and_status_only",
    "what is under embargo is not hinted at": f"{_PUSH}::test_an_embargoed_version_that_alone_matches_is_not_hinted_at",
    "a subscription is served by who has its token": f"{_PUSH}::test_a_zombie_sends_nothing_once_another_deliverer_has_the_subscription",
    "an acknowledgement and a rewind come one after the other": f"{_PUSH}::test_an_acknowledgement_and_a_rewind_at_once_come_one_after_the_other",
    "silence counts only where the queue was seen empty": f"{_PUSH}::test_silence_counts_only_where_the_queue_was_seen_empty",
    "the wait before a repeat doubles": f"{_PUSH}::test_the_wait_for_an_answer_doubles",
    "what is refused so many times is parked": f"{_PUSH}::test_a_consumer_that_refuses_is_asked_again_later_and_later_and_then_it_is_parked",
    "a paused subscription sends nothing, and takes answers": f"{_PUSH}::test_a_paused_subscription_reads_and_sends_nothing",
    "a changed filter is looked after": "tests/model/test_delivery_machine.py::test_a_change_of_the_filter_that_nobody_looks_after_is_found",
    "a message that is too large goes without its body": f"{_TARGETS}::test_a_message_that_is_too_large_goes_without_its_body",
    "a log that is lost is made again from the floor": f"{_TARGETS}::test_a_log_that_is_lost_is_made_again_from_the_floor",
    "a group that was destroyed is made again at the floor": f"{_STREAM}::test_a_group_that_is_new_or_was_destroyed_is_made_at_the_floor",
    "nothing is appended to a stream that is ahead": f"{_STREAM}::test_nothing_is_appended_to_a_stream_that_is_ahead_of_the_database",
    "a file is there whole or not at all": "tests/pipeline/delivery/test_files.py::test_nobody_sees_half_a_file",
    "the position moves after the file": "tests/pipeline/delivery/test_files.py::test_a_file_is_there_when_its_hour_is_over_and_only_then_the_position_moves",
    "after a restore epoch and generations only grow": f"{_RESTORED}::test_epoch_and_generations_only_grow",
    "after a restore a consumer that knew more is told what is true": f"{_RESTORED}::test_a_consumer_that_knew_more_is_told_what_is_true_now",
}
"""Rules of the protocol that no model holds, likewise."""
