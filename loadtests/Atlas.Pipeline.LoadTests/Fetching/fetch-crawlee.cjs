// As fetch-http.mjs, with Crawlee's HttpCrawler, found by NODE_PATH: in memory, without sessions and retries, all workers from the start. Arguments: folder, requests at once.
const fs = require('node:fs');
const { Configuration, HttpCrawler, RequestList, log, LogLevel } = require('crawlee');

const [folder, concurrency] = process.argv.slice(2);
const workers = Number(concurrency);
const urls = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean);
const out = fs.createWriteStream(`${folder}/pages.jsonl`).setMaxListeners(0);
log.setLevel(LogLevel.OFF);
Configuration.getGlobalConfig().set('persistStorage', false);

(async () => {
  const crawler = new HttpCrawler({
    requestList: await RequestList.open(null, urls),
    minConcurrency: workers,
    maxConcurrency: workers,
    autoscaledPoolOptions: { desiredConcurrency: workers, maybeRunIntervalSecs: 0.1, loggingIntervalSecs: null },
    maxRequestRetries: 0,
    useSessionPool: false,
    persistCookiesPerSession: false,
    statisticsOptions: { logIntervalSecs: 3600, persistenceOptions: { enable: false } },
    requestHandler: async ({ request, response, body }) => {
      if (!out.write(JSON.stringify({ url: request.url, status: response.statusCode, body: body.toString() }) + '\n'))
        await new Promise((resolve) => out.once('drain', resolve));
    },
  }, new Configuration({ persistStorage: false, availableMemoryRatio: 0.9 }));
  await crawler.run();
  out.end(() => process.exit(0));
})();
