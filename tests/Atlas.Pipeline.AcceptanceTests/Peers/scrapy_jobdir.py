"""Scrapy with a queue on disk (JOBDIR): the list in the file named enters the queue at once, as the links of a crawl do. Pages as JSON lines in the folder given."""
import json

import scrapy


class QueueSpider(scrapy.Spider):
    name = 'queue'
    custom_settings = dict(
        CONCURRENT_ITEMS=1, ROBOTSTXT_OBEY=False, RETRY_ENABLED=False, COOKIES_ENABLED=False, TELNETCONSOLE_ENABLED=False, LOGSTATS_INTERVAL=0, LOG_LEVEL='ERROR',
        SCHEDULER_PRIORITY_QUEUE='scrapy.pqueues.DownloaderAwarePriorityQueue', REQUEST_FINGERPRINTER_IMPLEMENTATION='2.7')

    def start_requests(self):
        self.out = open(self.folder + '/pages.jsonl', 'a')
        with open(self.list) as lines:
            yield scrapy.Request(next(lines).strip(), callback=self.parse_first)

    def parse_first(self, response):
        self.parse(response)
        with open(self.list) as lines:
            next(lines)
            for line in lines:
                yield scrapy.Request(line.strip())

    def parse(self, response):
        self.out.write(json.dumps({'url': response.url, 'status': response.status, 'body': response.text}) + '\n')

    def closed(self, reason):
        self.out.close()
