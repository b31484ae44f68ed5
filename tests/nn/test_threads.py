"""Work that threads share: all of it is done, in the same bits however many there are, and failures come through."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.builtin.layers import Dense
from nnzoo.nn import Network, threads
from nnzoo.nn.threads import blas_threads, in_threads, product, sample_blocks, work_threads

SIZES = st.integers(1, 400)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("pieces", [0, 1, 2, 7])
def test_every_piece_is_worked_on_once_by_no_more_threads_than_allowed(count, pieces):
    done, workers = [], set()

    def work(piece):
        done.append(piece)
        workers.add(threading.get_ident())

    with work_threads(count):
        in_threads(work, range(pieces))
    assert sorted(done) == list(range(pieces))
    assert len(workers) <= max(1, min(count, pieces))


@given(SIZES, st.integers(1, 100_000))
def test_blocks_of_samples_hold_each_sample_once_and_fit_the_cache(samples, width):
    array = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (samples, width), (0, 0))
    blocks = sample_blocks(array)
    assert [row for block in blocks for row in range(samples)[block]] == list(range(samples))
    sizes = [len(range(samples)[block]) for block in blocks]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) == 1 or (max(sizes) - 1) * 4 * width <= threads.CACHED
    assert len(blocks) % 4 == 0 or len(blocks) == samples


def test_two_pieces_are_worked_on_at_the_same_time():
    meeting = threading.Barrier(2, timeout=60)
    with work_threads(2):
        in_threads(lambda _: meeting.wait(), range(2))  # one after the other, they would never meet


def test_outside_the_context_one_thread_works():
    workers = set()
    with work_threads(2), blas_threads(1):
        in_threads(lambda _: workers.add(threading.get_ident()), range(8))
    in_threads(lambda _: workers.add(threading.get_ident()), range(8))
    assert workers == {threading.get_ident()}


def test_threads_inherit_the_caller_s_error_state():
    zeros = np.zeros(8)
    with work_threads(2):
        with np.errstate(all="ignore"):
            in_threads(lambda some: 1 / zeros[some], range(8))
        with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
            in_threads(lambda some: 1 / zeros[some] if some == 7 else 0, range(8))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_separate_threads():
    with work_threads(2):
        in_threads(str, range(8))
        child = os.fork()
        if child == 0:
            in_threads(str, range(8))
            os._exit(7)
    until = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < until:
        time.sleep(0.01)
    if ended == (0, 0):
        os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(ended[1]) == 7


@pytest.mark.parametrize("faulty", [0, 7])
def test_an_error_is_raised_when_all_threads_are_done(faulty):
    done = []

    def work(piece):
        if piece == faulty:
            raise ZeroDivisionError(piece)
        done.append(piece)

    with work_threads(2), pytest.raises(ZeroDivisionError, match=str(faulty)):
        in_threads(work, range(8))
    assert len(done) >= 4 - (faulty == 0)  # the other thread has done its half, and the failing one what came before


@given(SIZES, SIZES, SIZES, st.sampled_from("CF"), st.integers(1, 5))
def test_a_product_is_that_of_numpy_in_the_same_bits_on_any_number_of_threads(rows, inner, columns, order, count):
    rng = np.random.default_rng(rows)
    a = np.asarray(rng.standard_normal((rows, inner)), np.float32, order=order)
    b = np.asarray(rng.standard_normal((inner, columns)), np.float32, order=order)
    alone, shared = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
    large, threads.LARGE = threads.LARGE, 1000
    try:
        with work_threads(1):
            product(a, b, alone)
        with work_threads(count):
            product(a, b, shared)
    finally:
        threads.LARGE = large
    np.testing.assert_array_equal(alone, shared)
    np.testing.assert_allclose(alone, a @ b, rtol=1e-4, atol=1e-3)


def test_auto_is_all_processors_for_large_layers_and_one_for_small_ones():
    small, large = Network([Dense(64), Dense(10)], (784,)), Network([Dense(512), Dense(10)], (784,))
    assert small.thread_count("auto") == 1
    assert large.thread_count("auto") == threads.processors()
    assert small.thread_count(3) == large.thread_count(3) == 3
    with blas_threads(1):  # as in each of several workers
        assert large.thread_count("auto") == 1
