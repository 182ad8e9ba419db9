using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class DeadLetterViewTests
{
    private const string Columns = """
        concat_ws('|', id, typeof(content_id), content_id, typeof(source_url), hex(source_url), original_error, failure_classification, retry_count,
          typeof(quarantined_at), quarantined_at, ifnull(notes, 'none'), seq, was_admitted, source_name, typeof(source_offset), source_offset, ruleset_version)
        """;

    /// <param name="line">As it was read: any bytes.</param>
    /// <param name="seed">Makes each line's content id and offset another one.</param>
    /// <param name="minutes">From the first moment on.</param>
    /// <param name="source">A number of its name.</param>
    [Property(MaxTest = 20)]
    public async Task Whatever_line_was_refused_for_whatever_reason_and_flaw_is_shown_as_it_was_written(byte[] line, ulong seed, uint minutes, byte source)
    {
        await using var bed = LedgerTestBed.Fresh();
        bed.Time.Advance(TimeSpan.FromMinutes(minutes));
        await bed.Ledger.AdmitAsync(bed.Batch(["http://another-source/"]));
        var fates = (from reason in Reason.OwnNames from flaw in Enum.GetValues<CanonicalizationError>() select (reason, flaw)).ToList();
        var batch = bed.Batch([.. fates.Select(_ => "")]);
        batch.Source = "list " + source;
        line.CopyTo(batch.Text, 0);
        for (var i = 0; i < fates.Count; i++)
        {
            ref var row = ref batch.Rows[i];
            row.Reject(fates[i].reason);
            row.Flaw = fates[i].flaw;
            row.TextLength = line.Length;
            row.ContentId = IdOf(i);
            row.SourceOffset = OffsetOf(i);
        }

        await bed.Ledger.AdmitAsync(batch);
        await bed.Ledger.FlushAsync();

        var now = bed.Time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < fates.Count; i++)
        {
            var (reason, flaw) = (fates[i].reason.Name, Encoding.ASCII.GetString(CanonicalizationErrorNames.Of(fates[i].flaw)));
            Assert.Equal(
                string.Create(CultureInfo.InvariantCulture, $"{i + 2}|text|{ContentId.ToHex(IdOf(i))}|blob|{Convert.ToHexString(line)}|{(flaw.Length > 0 ? flaw : reason)}|{reason}|0|integer|{now}|none|{i + 2}|0|list {source}|integer|{OffsetOf(i)}|{CanonicalizationRules.RulesetVersion}"),
                bed.Text($"SELECT {Columns} FROM dead_letter_queue WHERE seq = {i + 2}"));
        }

        Assert.Equal(fates.Count, bed.Scalar("SELECT count(*) FROM dead_letter_queue"));

        UInt128 IdOf(int row) => new(seed * (ulong)(row + 1), (seed ^ (ulong)row) | 1);
        long OffsetOf(int row) => (long)(seed >> (1 + (row % 63)));
    }

    [Fact]
    public async Task An_admitted_URL_that_died_is_shown_beside_the_refused_lines()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.AdmitAsync(bed.Batch(["junk"], decide: rows => rows[0].RejectAsMalformed(CanonicalizationError.NoScheme)));
        var item = await bed.ClaimedAsync("http://a/");
        await bed.Ledger.DeadLetterAsync(item, Reason.TooLarge, "12 MiB");

        var now = bed.Time.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.Equal(
            $"1|text|{ContentId.ToHex(ContentId.Of("junk"u8))}|blob|{Convert.ToHexString("junk"u8)}|no_scheme|malformed|0|integer|{now}|none|1|0|feed|integer|0|1\n"
            + $"2|text|{ContentId.ToHex(item.ContentId)}|blob|{Convert.ToHexString("http://a/"u8)}|12 MiB|too_large|1|integer|{now}|12 MiB|2|1|feed|integer|0|1",
            bed.Text($"SELECT group_concat({Columns}, char(10)) FROM (SELECT * FROM dead_letter_queue ORDER BY id)"));
    }

    [Fact]
    public async Task A_reason_or_a_source_that_nobody_knows_hides_no_line()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.AdmitAsync(bed.Batch(["junk"], decide: rows => rows[0].Reject(Reason.RuledOut)));
        await bed.Ledger.FlushAsync();
        using (var connection = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            connection.Execute("DELETE FROM sources; UPDATE refused SET packed = CAST(substr(packed, 1, 16) || x'03e7' || substr(packed, 19) AS BLOB)");

        Assert.Equal("code 999|code 999|", bed.Text("SELECT concat_ws('|', original_error, failure_classification, source_name) FROM dead_letter_queue"));
    }

    [Fact]
    public async Task A_view_of_an_earlier_program_is_made_anew()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        using (var connection = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            connection.Execute("DROP VIEW dead_letter_queue; CREATE VIEW dead_letter_queue(id) AS SELECT 7");

        await bed.ReopenAsync();

        Assert.Equal(0, bed.Scalar("SELECT count(*) FROM dead_letter_queue"));
    }

    [Fact]
    public async Task The_view_of_this_program_is_left_alone()
    {
        await using var bed = LedgerTestBed.Fresh();
        var made = bed.Scalar("PRAGMA schema_version");

        await bed.ReopenAsync();

        Assert.Equal(made, bed.Scalar("PRAGMA schema_version"));
    }
}
