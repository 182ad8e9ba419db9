using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Ledger;

/// <summary>What a process that was killed leaves behind: the files as they are at some moment while the writer is at work.</summary>
public sealed class CrashImageTests
{
    private const int LinesPerBatch = 8;

    [Fact]
    public async Task Whatever_moment_the_process_dies_at_the_books_and_the_rows_agree()
    {
        await using var bed = LedgerTestBed.Fresh();
        var progress = new SourceProgress("feed");
        bed.Ledger.Follow(progress);
        var images = new List<string>();
        try
        {
            var working = WorkAsync(bed, progress, rounds: 300);
            while (!working.IsCompleted && images.Count < 8)
            {
                if (TryCopy(bed.Directory) is { } image)
                    images.Add(image);
                await Task.Yield();
            }

            await working;
            if (TryCopy(bed.Directory) is { } last)
                images.Add(last);

            Assert.True(images.Count >= 2);
            foreach (var image in images)
                await AssertWholeAsync(image);
        }
        finally
        {
            images.ForEach(image => Directory.Delete(image, recursive: true));
        }
    }

    /// <summary>Every edge of the state machine, beside the intake of new, known and refused lines.</summary>
    private static async Task WorkAsync(LedgerTestBed bed, SourceProgress progress, int rounds)
    {
        await Task.Yield();
        for (var round = 1; round <= rounds; round++)
        {
            var batch = bed.Batch([.. Enumerable.Range(0, LinesPerBatch).Select(i => $"http://host-{i}/{round}")], (PriorityClass)(round % PriorityClasses.Count), rows =>
            {
                rows[1].DropAsDuplicate();
                rows[2].Reject(Reason.SchemeFile);
                rows[3].Reject(Reason.SchemeFile);
                rows[3].IsRepeat = true;
            });
            batch.Receipt = progress.Open("file", round * LinesPerBatch);
            await bed.Ledger.AdmitAsync(batch);
            if (round % 3 != 0)
                continue;

            var items = await bed.Ledger.TakeFromBacklogAsync(4, LedgerTestBed.Aging);
            await bed.Ledger.ClaimAsync(items);
            for (var i = 0; i < items.Count; i++)
            {
                if (i == 0)
                    await bed.Ledger.CompleteAsync(bed.Document(items[i]));
                else if (i == 1)
                    await bed.Ledger.DeadLetterAsync(items[i], Reason.Http(404), "gone");
                else if (i == 2)
                    await bed.Ledger.RetryAsync(items[i], Reason.Timeout, "slow", bed.Time.GetUtcNow(), countsAsAttempt: true);
            }

            var again = await bed.Ledger.TakeAgainAsync(3, bed.Time.GetUtcNow());
            await bed.Ledger.ClaimAsync(again);
            foreach (var item in again)
            {
                switch ((item.Sequence + round) % 4)
                {
                    case 0:
                        await bed.Ledger.ConfirmAsync(item, new Confirmation(bed.Time.GetUtcNow(), ByStatus: true, null, null));
                        break;
                    case 1:
                        await bed.Ledger.CompleteAsync(bed.Document(item, (byte)round));
                        break;
                    case 2:
                        await bed.Ledger.DeadLetterAsync(item, Reason.Http(404), "gone");
                        break;
                }
            }
        }

        await bed.Ledger.FlushAsync();
    }

    private static async Task AssertWholeAsync(string image)
    {
        await using var ledger = SqliteLedger.Open(image, new Seams());
        var books = ledger.Books;
        var audit = await ledger.AuditAsync();
        using var connection = SqlConnection.Open(Path.Combine(image, "ledger.db"), readOnly: true);

        Assert.True(books.Balance);
        Assert.Equal(new BooksAudit(books.AdmittedBefore, books.Queued, books.Leased, books.Done, books.Dead.Values.Sum()) { Refetching = books.Refetches.Waiting }, audit);
        Assert.Equal(0, connection.Scalar(RefetchTests.NotInOnePlace));
        var received = connection.Scalar("SELECT value FROM counters WHERE name = 'received'");
        Assert.Equal(received, books.AdmittedBefore
            + connection.Scalar("SELECT value FROM counters WHERE name = 'duplicates'") + connection.Scalar("SELECT value FROM counters WHERE name = 'rejected'"));
        Assert.Equal(received, ledger.ResumeOffset("feed", "file"));
        Assert.Equal(connection.Scalar("SELECT coalesce(sum(value), 0) / 2 FROM counters WHERE name = 'rejected'"),
            connection.Scalar("SELECT count(*) FROM dead_letter_queue WHERE was_admitted = 0"));
        Assert.Equal(ledger.LastSequence, audit.Admitted + connection.Scalar("SELECT count(*) FROM dead_letter_queue WHERE was_admitted = 0"));
    }

    /// <summary>The database before its WAL: what of it is half-written or copied too early stands in the WAL, as long as that was not begun anew meanwhile.</summary>
    private static string? TryCopy(string from)
    {
        var to = from + "-image-" + Guid.NewGuid().ToString("n");
        Directory.CreateDirectory(to);
        var header = Header(Path.Combine(from, "ledger.db-wal"));
        Copy("ledger.db");
        Copy("ledger.db-wal");
        if (header.Length > 0 && header.SequenceEqual(Header(Path.Combine(to, "ledger.db-wal"))))
            return to;
        Directory.Delete(to, recursive: true);
        return null;

        void Copy(string file)
        {
            using var source = Read(Path.Combine(from, file));
            using var copy = File.Create(Path.Combine(to, file));
            source.CopyTo(copy);
        }
    }

    private static byte[] Header(string wal)
    {
        using var file = Read(wal);
        var header = new byte[32];
        return file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length ? header : [];
    }

    private static FileStream Read(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
