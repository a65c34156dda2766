// No-op jobs through graphile-worker: a worker runs while they are entered. Prints jobs in a second, a line for each run.
import { Logger, makeWorkerUtils, run as start } from "graphile-worker";
import { EventEmitter } from "node:events";

const [connectionString] = process.argv.slice(2);
const [runs, jobs, batch, concurrentJobs] = process.argv.slice(3).map(Number);
const logger = new Logger(() => () => {});

const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
for (let run = 0; run < runs; run += 1) {
  let ended = 0;
  let finished;
  const all = new Promise((resolve) => { finished = resolve; });
  const events = new EventEmitter();
  // Told when PostgreSQL has acknowledged the end.
  events.on("job:complete", () => { ended += 1; if (ended === jobs) finished(); });
  const runner = await start({
    connectionString, logger, events, concurrency: concurrentJobs, noHandleSignals: true, maxPoolSize: 12,
    taskList: { work: async () => {} },
  });
  const began = process.hrtime.bigint();
  for (let entered = 0; entered < jobs; entered += batch) {
    const size = Math.min(batch, jobs - entered);
    await utils.addJobs(Array.from({ length: size }, () => ({ identifier: "work", payload: { tag: "bench" } })));
  }
  await all;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(Math.round(jobs / seconds));
  await runner.stop();
}
await utils.release();
