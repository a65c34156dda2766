// No-op jobs through BullMQ: a worker runs while they are entered. Prints jobs in a second, a line for each run.
import { Queue, Worker } from "bullmq";

const [port, runs, jobs, batch, concurrency] = process.argv.slice(2).map(Number);
const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };

for (let run = 0; run < runs; run += 1) {
  const name = `bench-${run}`;
  const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } });
  let ended = 0;
  let finished;
  const all = new Promise((resolve) => { finished = resolve; });
  const worker = new Worker(name, async () => {}, { connection, concurrency });
  // Told when Redis has acknowledged the end.
  worker.on("completed", () => { ended += 1; if (ended === jobs) finished(); });
  await worker.waitUntilReady();
  await queue.waitUntilReady();
  const began = process.hrtime.bigint();
  for (let entered = 0; entered < jobs; entered += batch) {
    const size = Math.min(batch, jobs - entered);
    await queue.addBulk(Array.from({ length: size }, () => ({ name: "work", data: { tag: "bench" } })));
  }
  await all;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(Math.round(jobs / seconds));
  await worker.close();
  await queue.close();
}
