using System.Threading.Channels;
using Microsoft.Data.Sqlite;

// What a list of URLs takes without a library: the bar that a pipeline has to clear. URLs on stdin, one a line.
// Arguments: batch, folder (pages go to a database there, 500 to a transaction) or nosave (what HttpClient does when nothing is kept); requests at once (128).
var keeps = args[0] == "batch";
var concurrency = args.Length > 2 ? int.Parse(args[2]) : 128;
var urls = new HashSet<string>();
while (Console.ReadLine() is { } line)
    urls.Add(line);

var pages = Channel.CreateBounded<(string Url, int Status, byte[] Body)>(1024);
var writing = Task.Run(WriteAsync);
using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
using var http = new HttpClient(handler);
var failed = 0;
await Parallel.ForEachAsync(urls, new ParallelOptions { MaxDegreeOfParallelism = concurrency }, async (url, cancel) =>
{
    try
    {
        using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancel);
        await pages.Writer.WriteAsync((url, (int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancel)), cancel);
    }
    catch (HttpRequestException)
    {
        Interlocked.Increment(ref failed);
    }
});
pages.Writer.Complete();
await writing;
return failed == 0 ? 0 : 1;

async Task WriteAsync()
{
    using var database = keeps ? new SqliteConnection($"Data Source={Path.Combine(args[1], "pages.db")}") : null;
    database?.Open();
    using var create = database?.CreateCommand();
    create?.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE page(url TEXT PRIMARY KEY, status INTEGER, body BLOB)";
    create?.ExecuteNonQuery();
    using var insert = database?.CreateCommand();
    insert?.CommandText = "INSERT OR REPLACE INTO page VALUES($url, $status, $body)";
    var (url, status, body) = (insert?.Parameters.Add("$url", SqliteType.Text), insert?.Parameters.Add("$status", SqliteType.Integer), insert?.Parameters.Add("$body", SqliteType.Blob));
    var rows = 0;
    await foreach (var page in pages.Reader.ReadAllAsync())
    {
        if (insert is null)
            continue;
        insert.Transaction ??= database!.BeginTransaction();
        (url!.Value, status!.Value, body!.Value) = (page.Url, page.Status, page.Body);
        insert.ExecuteNonQuery();
        if (++rows % 500 != 0)
            continue;
        insert.Transaction.Commit();
        insert.Transaction = null;
    }

    insert?.Transaction?.Commit();
}
