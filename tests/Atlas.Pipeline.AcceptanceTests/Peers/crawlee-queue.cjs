// Crawlee's HttpCrawler with its request queue on disk, found by NODE_PATH. The same command again goes on with what is left. Arguments: folder, list, requests at once.
const fs = require('node:fs');

const [folder, list, concurrency] = process.argv.slice(2);
process.env.CRAWLEE_STORAGE_DIR = `${folder}/storage`;
process.env.CRAWLEE_PURGE_ON_START = 'false';
const { HttpCrawler, RequestQueue, log, LogLevel } = require('crawlee');

const workers = Number(concurrency);
const urls = fs.readFileSync(list, 'utf8').split('\n').filter(Boolean);
log.setLevel(LogLevel.OFF);

(async () => {
  const requestQueue = await RequestQueue.open('list');
  await requestQueue.addRequestsBatched(urls, { waitForAllRequestsToBeAdded: true });
  const crawler = new HttpCrawler({
    requestQueue,
    minConcurrency: workers,
    maxConcurrency: workers,
    autoscaledPoolOptions: { desiredConcurrency: workers, maybeRunIntervalSecs: 0.1, loggingIntervalSecs: null },
    maxRequestRetries: 0,
    useSessionPool: false,
    persistCookiesPerSession: false,
    requestHandler: async ({ request, response, body }) => {
      fs.appendFileSync(`${folder}/pages.jsonl`, JSON.stringify({ url: request.url, status: response.statusCode, body: body.toString() }) + '\n');
    },
  });
  await crawler.run();
  process.exit(0);
})();
