/**
 * Deadlines of many owners in one binary heap.
 *
 * A deadline that moves later, as a retransmission timer does with every acknowledgement, costs nothing: the owner
 * stays where it is in the heap and is put in its place when it comes to the top.
 *
 * @module
 */

/** Whoever has a deadline. The heap keeps its place in `timerIndex` and the key it was filed under in `timerKey`. */
export interface TimerOwner {
  /** ms on the engine's clock; Infinity: none. */
  deadline: number;
  timerIndex: number;
  timerKey: number;
}

/** The heap. `timerIndex` is -1 for an owner that is not in it. */
export class Timers<Owner extends TimerOwner> {
  #heap: Owner[];

  constructor() {
    this.#heap = [];
  }

  /** Owners in the heap. */
  get size(): number {
    return this.#heap.length;
  }

  /** Call after `owner.deadline` has changed. */
  update(owner: Owner): void {
    if (owner.timerIndex >= 0) {
      if (owner.deadline < owner.timerKey) {
        owner.timerKey = owner.deadline;
        this.#siftUp(owner.timerIndex);
      }
    } else if (owner.deadline !== Infinity) {
      owner.timerKey = owner.deadline;
      owner.timerIndex = this.#heap.length;
      this.#heap.push(owner);
      this.#siftUp(owner.timerIndex);
    }
  }

  /** Forgets an owner, which a deadline of Infinity would do only once all before it are due. */
  remove(owner: Owner): void {
    const index = owner.timerIndex;
    if (index < 0) return;
    const heap = this.#heap;
    owner.timerIndex = -1;
    const last = heap.pop()!;
    if (last === owner) return;
    heap[index] = last;
    last.timerIndex = index;
    this.#siftUp(index);
    this.#siftDown(last.timerIndex);
  }

  /** The earliest deadline; Infinity when there is none. */
  next(): number {
    const top = this.#settledTop();
    return top ? top.deadline : Infinity;
  }

  /** Removes and returns an owner whose deadline has come. */
  popDue(now: number): Owner | undefined {
    const top = this.#settledTop();
    if (!top || top.deadline > now) return undefined;
    this.remove(top);
    return top;
  }

  #settledTop(): Owner | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (!top || top.deadline === top.timerKey) return top;
      if (top.deadline === Infinity) {
        this.remove(top);
      } else {
        top.timerKey = top.deadline;
        this.#siftDown(0);
      }
    }
  }

  #siftUp(start: number): void {
    const heap = this.#heap;
    const owner = heap[start];
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent].timerKey <= owner.timerKey) break;
      heap[index] = heap[parent];
      heap[index].timerIndex = index;
      index = parent;
    }
    heap[index] = owner;
    owner.timerIndex = index;
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const owner = heap[start];
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].timerKey < heap[child].timerKey) child++;
      if (heap[child].timerKey >= owner.timerKey) break;
      heap[index] = heap[child];
      heap[index].timerIndex = index;
      index = child;
    }
    heap[index] = owner;
    owner.timerIndex = index;
  }
}
