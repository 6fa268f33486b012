//! The loop: workers take chunks from inputs, results come out in the order of the inputs.
//!
//! Each worker keeps to an input of its own while there are enough; then all help with the first that is unfinished.
//! Which worker does what never shows: results are delivered as if one worker had read input after input.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use brokerwatch_ingest::readers::Source;
use brokerwatch_ingest::{Chunk, Reader};

use crate::limits::WAITING_BYTES_MAX;
use crate::{Input, InputError, Progress};

/// What is done with chunks.
pub trait Work: Sync {
    /// What one worker keeps between chunks.
    type Worker;
    /// What is known of an input after its first chunk.
    type Known: Send + Sync;
    /// The result of a chunk.
    type Output: Send;

    /// A new worker.
    fn worker(&self) -> Self::Worker;

    /// The first chunk of an input. No other chunk of it is worked on before this returns.
    fn first(
        &self,
        worker: &mut Self::Worker,
        input: &Input,
        chunk: &Chunk,
    ) -> (Self::Known, Self::Output);

    /// A further chunk of an input.
    fn further(
        &self,
        worker: &mut Self::Worker,
        input: &Input,
        known: &Self::Known,
        chunk: &Chunk,
    ) -> Self::Output;

    /// About how many bytes a result holds while it waits.
    fn bytes(&self, output: &Self::Output) -> usize;
}

/// What comes out for an input: its results in order, an error if it could not be read to its end, and the end.
#[derive(Debug)]
pub enum Item<O> {
    /// The result of a chunk.
    Output(O),
    /// The input, or the rest of it, cannot be read.
    Failed(InputError),
    /// Nothing more comes from this input.
    End,
}

/// How inputs are opened and worked on.
#[derive(Clone, Copy)]
pub struct Opened<'a> {
    /// How many threads work; with one it is the caller's own.
    pub threads: usize,
    /// What the inputs are, if that is known better than their content tells.
    pub source: Option<&'static Source>,
    /// Where it is noted how much was read.
    pub progress: &'a Progress,
}

/// Runs `work` over all chunks of `inputs`. `deliver` gets the results in the order of the inputs and of their chunks; an
/// error from it stops everything.
pub fn run<W: Work, E: Send>(
    inputs: &[Input],
    opened: Opened<'_>,
    work: &W,
    deliver: &mut (dyn FnMut(&Input, Item<W::Output>) -> Result<(), E> + Send),
) -> Result<(), E> {
    let shared = Shared {
        work,
        inputs,
        opened,
        next: AtomicUsize::new(0),
        open: Mutex::new(BTreeMap::new()),
        stop: AtomicBool::new(false),
        delivery: Mutex::new(Delivery {
            deliver,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            turn: (0, 0),
            busy: 0,
            error: None,
        }),
        moved: Condvar::new(),
    };
    if opened.threads <= 1 {
        shared.work_until_done();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..opened.threads {
                scope.spawn(|| shared.work_until_done());
            }
        });
    }
    let delivery = shared.delivery.into_inner().unwrap_or_else(PoisonError::into_inner);
    delivery.error.map_or(Ok(()), Err)
}

struct Shared<'a, W: Work, E> {
    work: &'a W,
    inputs: &'a [Input],
    opened: Opened<'a>,
    /// The next input that nobody has opened.
    next: AtomicUsize,
    /// Inputs that are being read, by number.
    open: Mutex<BTreeMap<usize, Arc<Open<W>>>>,
    stop: AtomicBool,
    delivery: Mutex<Delivery<'a, W::Output, E>>,
    moved: Condvar,
}

/// An input that is being read.
struct Open<W: Work> {
    number: usize,
    state: Mutex<OpenState<W>>,
}

struct OpenState<W: Work> {
    /// `None` before it is opened and after its end.
    reader: Option<Reader>,
    known: Option<Arc<W::Known>>,
    /// The number of the next chunk.
    chunk: u64,
    ended: bool,
}

struct Delivery<'a, O, E> {
    deliver: &'a mut (dyn FnMut(&Input, Item<O>) -> Result<(), E> + Send),
    waiting: BTreeMap<(usize, u64), (Item<O>, usize)>,
    waiting_bytes: usize,
    /// The input and chunk whose turn it is.
    turn: (usize, u64),
    /// Workers that hold a chunk whose result is not in yet.
    busy: usize,
    error: Option<E>,
}

/// A lock whose holder panicked is taken all the same: the panic ends the run anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W: Work, E: Send> Shared<'_, W, E> {
    fn work_until_done(&self) {
        let mut worker = self.work.worker();
        let mut chunk = Chunk::default();
        let mut own = None;
        while !self.stop.load(Ordering::Relaxed) {
            let Some(input) = self.choose(&mut own) else { return };
            if !self.step(&input, &mut worker, &mut chunk) {
                lock(&self.open).remove(&input.number);
                if own.as_ref().is_some_and(|own| own.number == input.number) {
                    own = None;
                }
            }
        }
    }

    /// The input to take the next chunk from.
    fn choose(&self, own: &mut Option<Arc<Open<W>>>) -> Option<Arc<Open<W>>> {
        let crowded = self.wait_while_crowded();
        if crowded && let Some((_, first)) = lock(&self.open).first_key_value() {
            return Some(Arc::clone(first));
        }
        if let Some(own) = own {
            return Some(Arc::clone(own));
        }
        // Numbers are given out under the lock, so that a lower one is always in the map before a higher one.
        let mut open = lock(&self.open);
        let number = self.next.load(Ordering::Relaxed);
        if number < self.inputs.len() {
            self.next.store(number + 1, Ordering::Relaxed);
            let state = OpenState { reader: None, known: None, chunk: 0, ended: false };
            let input = Arc::new(Open { number, state: Mutex::new(state) });
            open.insert(number, Arc::clone(&input));
            *own = Some(Arc::clone(&input));
            return Some(input);
        }
        open.first_key_value().map(|(_, first)| Arc::clone(first))
    }

    /// Whether many results wait for their turn. Waits while too many do and another worker may bring the one whose
    /// turn it is.
    fn wait_while_crowded(&self) -> bool {
        let mut delivery = lock(&self.delivery);
        while 2 * WAITING_BYTES_MAX < delivery.waiting_bytes && 0 < delivery.busy {
            delivery = self.moved.wait(delivery).unwrap_or_else(PoisonError::into_inner);
        }
        WAITING_BYTES_MAX < delivery.waiting_bytes
    }

    /// Works on the next chunk of an input; false when it has no more.
    fn step(&self, open: &Open<W>, worker: &mut W::Worker, chunk: &mut Chunk) -> bool {
        let input = &self.inputs[open.number];
        let mut state = lock(&open.state);
        if state.ended {
            return false;
        }
        let place = (open.number, state.chunk);
        lock(&self.delivery).busy += 1;
        match self.next_chunk(input, &mut state, chunk) {
            Ok(true) => {
                state.chunk += 1;
                let output = match state.known.clone() {
                    Some(known) => {
                        drop(state);
                        self.work.further(worker, input, &known, chunk)
                    }
                    None => {
                        let (known, output) = self.work.first(worker, input, chunk);
                        state.known = Some(Arc::new(known));
                        drop(state);
                        output
                    }
                };
                let bytes = self.work.bytes(&output);
                self.hand_in(place, Item::Output(output), bytes, true);
                true
            }
            Ok(false) => {
                state.ended = true;
                state.reader = None;
                self.hand_in(place, Item::End, 0, true);
                false
            }
            Err(error) => {
                state.ended = true;
                state.reader = None;
                self.hand_in(place, Item::Failed(error), 0, false);
                self.hand_in((place.0, place.1 + 1), Item::End, 0, true);
                false
            }
        }
    }

    fn next_chunk(
        &self,
        input: &Input,
        state: &mut OpenState<W>,
        chunk: &mut Chunk,
    ) -> Result<bool, InputError> {
        let reader = match &mut state.reader {
            Some(reader) => reader,
            None => state.reader.insert(input.open(self.opened.progress, self.opened.source)?),
        };
        reader.next_chunk(chunk).map_err(InputError::Read)
    }

    /// Takes a result in, and delivers all whose turn has come.
    fn hand_in(&self, place: (usize, u64), item: Item<W::Output>, bytes: usize, done: bool) {
        let mut guard = lock(&self.delivery);
        let delivery = &mut *guard;
        delivery.busy -= usize::from(done);
        delivery.waiting.insert(place, (item, bytes));
        delivery.waiting_bytes += bytes;
        while let Some((item, bytes)) = delivery.waiting.remove(&delivery.turn) {
            delivery.waiting_bytes -= bytes;
            let input = &self.inputs[delivery.turn.0];
            delivery.turn = match item {
                Item::End => (delivery.turn.0 + 1, 0),
                _ => (delivery.turn.0, delivery.turn.1 + 1),
            };
            if delivery.error.is_none()
                && let Err(error) = (delivery.deliver)(input, item)
            {
                delivery.error = Some(error);
                self.stop.store(true, Ordering::Relaxed);
            }
        }
        drop(guard);
        self.moved.notify_all();
    }
}
