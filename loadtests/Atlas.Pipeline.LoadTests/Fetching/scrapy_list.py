"""As fetch-http.mjs, for `scrapy runspider`, with Scrapy's own queue for broad crawls: the list on stdin, pages as JSON lines in the folder given."""
import json
import sys

import scrapy


class ListSpider(scrapy.Spider):
    name = 'list'
    custom_settings = dict(
        CONCURRENT_ITEMS=1, ROBOTSTXT_OBEY=False, RETRY_ENABLED=False, COOKIES_ENABLED=False, TELNETCONSOLE_ENABLED=False, LOGSTATS_INTERVAL=0, LOG_LEVEL='ERROR',
        SCHEDULER_PRIORITY_QUEUE='scrapy.pqueues.DownloaderAwarePriorityQueue', REQUEST_FINGERPRINTER_IMPLEMENTATION='2.7')

    def start_requests(self):
        self.out = open(self.folder + '/pages.jsonl', 'w')
        for line in sys.stdin:
            yield scrapy.Request(line.strip())

    def parse(self, response):
        self.out.write(json.dumps({'url': response.url, 'status': response.status, 'body': response.text}) + '\n')

    def closed(self, reason):
        self.out.close()
