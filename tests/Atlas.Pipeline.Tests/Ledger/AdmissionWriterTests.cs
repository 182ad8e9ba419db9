using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class AdmissionWriterTests
{
    [Fact]
    public async Task A_batch_is_written_without_allocating()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        using var connection = LedgerSchema.OpenForWriting(Path.Combine(bed.Directory, "ledger.db"));
        var books = new BooksCounter(connection);
        var writer = new AdmissionWriter(connection, books, new Atlas.Pipeline.Ledger.Sources(connection), new ReplayWriter(connection, books, new LetterWriter(connection, books, TimeProvider.System), TimeProvider.System), TimeProvider.System);
        var batch = bed.Batch([.. Enumerable.Range(0, UrlBatch.MaxRows).Select(i => $"http://host/{i}")], decide: Mix);
        connection.Execute("BEGIN IMMEDIATE");
        writer.Write(batch);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var written = writer.Write(batch);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(new AdmittedRows(Admitted: 64, Refused: 64), written);
    }

    [Fact]
    public async Task Nothing_points_into_a_batch_that_was_written()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.AdmitAsync(bed.Batch(["http://a/1", "jonk"], decide: rows => rows[1].Reject(Reason.Malformed)));
        await bed.Ledger.FlushAsync();

        // The pool gives the same buffers again.
        var next = bed.Batch(["http://b/2", "junk"], PriorityClass.Low, rows => rows[1].Reject(Reason.RuledOut));
        await bed.Ledger.AdmitAsync(next);
        await bed.Ledger.FlushAsync();

        Assert.Equal("http://a/1", bed.Text("SELECT url FROM queue_normal"));
        Assert.Equal("http://b/2", bed.Text("SELECT url FROM queue_low"));
        Assert.Equal("jonk malformed, junk ruled_out", bed.Text("SELECT group_concat(CAST(source_url AS TEXT) || ' ' || original_error, ', ') FROM (SELECT * FROM dead_letter_queue ORDER BY id)"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(RowInsert.Rows - 1)]
    [InlineData(RowInsert.Rows)]
    [InlineData(RowInsert.Rows + 1)]
    [InlineData((RowInsert.Rows * 2) + 1)]
    public async Task However_many_lines_of_a_batch_are_refused_each_is_a_whole_dead_letter_and_each_other_one_is_queued(int refused)
    {
        await using var bed = LedgerTestBed.Fresh();
        string[] lines = [.. Enumerable.Range(0, refused).SelectMany(i => new[] { $"junk {i}", $"http://host/{i}" })];

        for (var round = 0; round < 2; round++)
        {
            await bed.Ledger.AdmitAsync(bed.Batch(lines, decide: rows =>
            {
                for (var i = 0; i < refused; i++)
                {
                    if (i % 3 == 0)
                        rows[i * 2].RejectAsMalformed(CanonicalizationError.BadHost);
                    else
                        rows[i * 2].Reject(i % 3 == 1 ? Reason.SchemeFile : Reason.RuledOut);
                }
            }));
        }

        await bed.Ledger.FlushAsync();

        string[] reasons = ["bad_host|malformed", "scheme_file|scheme_file", "ruled_out|ruled_out"];
        var (letters, queued) = (new List<string>(), new List<string>());
        for (var i = 0; i < refused * 2; i++)
        {
            var (line, sequence) = (i % refused * 2, (i * 2) + 1);
            var offset = lines.Take(line).Sum(before => before.Length);
            letters.Add($"{sequence}|{sequence}|{ContentId.ToHex(ContentId.Of(Encoding.UTF8.GetBytes(lines[line])))}|blob {lines[line]}|{reasons[i % refused % 3]}|0|{bed.Time.GetUtcNow().ToUnixTimeMilliseconds()}|none|0|feed|{offset}|{CanonicalizationRules.RulesetVersion}");
            queued.Add($"{sequence + 1}|{lines[line + 1]}");
        }

        Assert.Equal(string.Join('\n', letters), bed.Text("""
            SELECT coalesce(group_concat(concat_ws('|', id, seq, content_id, typeof(source_url) || ' ' || CAST(source_url AS TEXT), original_error, failure_classification,
              retry_count, quarantined_at, ifnull(notes, 'none'), was_admitted, source_name, source_offset, ruleset_version), char(10)), '') FROM (SELECT * FROM dead_letter_queue ORDER BY id)
            """));
        Assert.Equal(string.Join('\n', queued), bed.Text("SELECT coalesce(group_concat(seq || '|' || url, char(10)), '') FROM (SELECT * FROM queue_normal ORDER BY seq)"));
    }

    [Fact]
    public async Task An_empty_line_that_was_refused_is_a_dead_letter_too()
    {
        await using var bed = LedgerTestBed.Fresh();

        await bed.Ledger.AdmitAsync(bed.Batch([""], decide: rows => rows[0].Reject(Reason.Malformed)));
        await bed.Ledger.FlushAsync();

        Assert.Equal(1, bed.Scalar("SELECT count(*) FROM dead_letter_queue WHERE length(source_url) = 0"));
    }

    [Fact]
    public async Task A_malformed_lines_dead_letter_says_what_is_wrong_with_it()
    {
        await using var bed = LedgerTestBed.Fresh();

        await bed.Ledger.AdmitAsync(bed.Batch(["junk", "http://", "http://a..b", "http://a:x", "file:///"], decide: rows =>
        {
            for (var flaw = CanonicalizationError.NoScheme; flaw <= CanonicalizationError.BadPort; flaw++)
                rows[(int)flaw - 1].RejectAsMalformed(flaw);
            rows[4].Reject(Reason.SchemeFile);
        }));
        await bed.Ledger.FlushAsync();

        Assert.Equal("malformed no_scheme, malformed no_host, malformed bad_host, malformed bad_port, scheme_file scheme_file",
            bed.Text("SELECT group_concat(failure_classification || ' ' || original_error, ', ') FROM (SELECT * FROM dead_letter_queue ORDER BY id)"));
    }

    [Fact]
    public async Task A_dead_letter_names_its_url_by_content_id()
    {
        await using var bed = LedgerTestBed.Fresh();

        await bed.Ledger.AdmitAsync(bed.Batch(["junk"], decide: rows => rows[0].Reject(Reason.Malformed)));
        await bed.Ledger.FlushAsync();

        Assert.Equal(ContentId.ToHex(ContentId.Of("junk"u8)), bed.Text("SELECT content_id FROM dead_letter_queue"));
    }

    /// <summary>A quarter each: new, known, refused, and refused again.</summary>
    private static void Mix(UrlRow[] rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].Priority = (PriorityClass)(i % PriorityClasses.Count);
            if (i % 4 == 1)
                rows[i].DropAsDuplicate();
            if (i % 8 is 2 or 3)
                rows[i].RejectAsMalformed(CanonicalizationError.BadHost);
            if (i % 8 is 6 or 7)
                rows[i].Reject(Reason.SchemeFile);
            rows[i].IsRepeat = i % 4 == 3;
        }
    }
}
