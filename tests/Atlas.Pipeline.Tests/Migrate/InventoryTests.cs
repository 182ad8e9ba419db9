using Atlas.LegacyData;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class InventoryTests : IDisposable
{
    private readonly MigrateBed _bed = new();

    [Fact]
    public void Each_era_has_the_defects_that_its_program_made()
    {
        var first = Verdicts(LegacyEra.First);
        var partly = Verdicts(LegacyEra.PartlyAltered);
        var altered = Verdicts(LegacyEra.Altered);
        var version1 = Verdicts(LegacyEra.Version1);

        Assert.Equal("PPAPAPPPPCP", first);
        Assert.Equal("PPPPPPPPPCP", partly);
        Assert.Equal("PAPPAPPPPCP", altered);
        Assert.Equal("CCCPCPCPCCP", version1);
    }

    [Fact]
    public void A_file_that_is_read_is_not_touched_and_nothing_is_made_beside_it()
    {
        var (file, _) = _bed.Legacy(LegacyEra.Altered);
        var before = LegacyFile.DigestOf(file);

        _bed.Inventory(file);

        Assert.Equal(before, LegacyFile.DigestOf(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(_bed.Folder));
    }

    [Fact]
    public void What_stands_only_in_a_WAL_is_read_too_and_the_WAL_stays_as_it_is()
    {
        var file = _bed.File("live.db");
        using var writer = SqlConnection.Open(file);
        writer.Execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT, status TEXT); INSERT INTO processing_queue VALUES('a', 'http://a.example/', 'pending')");
        var before = LegacyFile.DigestOf(file);

        var inventory = _bed.Inventory(file);

        Assert.Equal(1, inventory.Census.Groups);
        Assert.Equal(before, LegacyFile.DigestOf(file));
    }

    [Fact]
    public void Rows_on_a_damaged_page_are_named_and_the_others_are_read()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        var whole = _bed.Inventory(file).Census.Rows.Count;
        Damage(file, "content_metadata");

        var damaged = _bed.Inventory(file).Census;

        var gap = Assert.Single(damaged.Inputs[0].Tables.Single(table => table.Name == "content_metadata").Unreadable);
        Assert.InRange(gap.Last - gap.First, 1, 200);
        Assert.Equal(whole - (gap.Last - gap.First + 1), damaged.Rows.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-2)]
    [InlineData(0)]
    public void Behind_a_damaged_page_near_the_end_or_the_beginning_the_rest_is_read(int leaf)
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        var whole = _bed.Inventory(file).Census.Rows.Count;
        Damage(file, "content_metadata", leaf);

        var damaged = _bed.Inventory(file).Census;

        var gap = Assert.Single(damaged.Inputs[0].Tables.Single(table => table.Name == "content_metadata").Unreadable);
        Assert.InRange(gap.Last - gap.First, 1, 200);
        Assert.Equal(whole - (gap.Last - gap.First + 1), damaged.Rows.Count);
    }

    [Fact]
    public void A_page_between_two_damaged_ones_is_read()
    {
        var (file, _) = _bed.Legacy(LegacyEra.First);
        Damage(file, "content_metadata", 4);
        Damage(file, "content_metadata", 6);

        Assert.Equal(2, _bed.Inventory(file).Census.Inputs[0].Tables.Single(table => table.Name == "content_metadata").Unreadable.Count);
    }

    [Fact]
    public void A_table_of_a_module_that_is_not_here_does_not_stop_the_others()
    {
        var file = _bed.Database("own.db", """
            CREATE TABLE content_metadata(content_id TEXT PRIMARY KEY, source_url TEXT); INSERT INTO content_metadata VALUES('a', 'http://a.example/');
            CREATE TABLE strange(id); INSERT INTO strange VALUES(1);
            PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE strange USING nobody(id)', rootpage = 0 WHERE name = 'strange'; PRAGMA writable_schema=OFF;
            """);

        var inventory = _bed.Inventory(file);

        Assert.Equal(1, inventory.Census.Groups);
        Assert.Contains("nobody", Assert.Single(inventory.Census.Inputs[0].Tables.Single(table => table.Name == "strange").Unreadable).Table, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_is_computed_does_not_shift_those_behind_it()
    {
        var file = _bed.Database("own.db", """
            CREATE TABLE content(id INTEGER PRIMARY KEY, wide TEXT GENERATED ALWAYS AS (url || '!') VIRTUAL, url TEXT, content TEXT);
            INSERT INTO content(url, content) VALUES('http://a.example/', 'the body');
            """);

        _bed.Migrate(file);

        Assert.Equal(8, _bed.Scalar("SELECT body_length FROM content_metadata"));
        Assert.Empty(_bed.Verify().Findings);
    }

    [Fact]
    public void Duplicates_orphans_schemes_and_classes_are_counted_by_what_URLs_are()
    {
        var file = _bed.Database("own.db", """
            CREATE TABLE content_metadata(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL);
            CREATE TABLE processing_queue(content_id TEXT PRIMARY KEY, source_url TEXT NOT NULL, status TEXT);
            INSERT INTO content_metadata VALUES('a', 'https://a.example/x'), ('b', 'http://A.example/x#part'), ('c', 'file:///home/x');
            INSERT INTO processing_queue VALUES('a', 'https://a.example/x', 'pending'), ('d', 'ftp://x/', 'failed'), ('e', 'nonsense', NULL);
            """);

        var inventory = _bed.Inventory(file);

        Assert.Equal((2, 2), (inventory.Inputs[0].MetadataAlone, inventory.Inputs[0].QueueAlone));
        Assert.Equal(1, inventory.Census.Inputs[0].Tables[0].Duplicates);
        Assert.Equal(["https 2", "file 1", "ftp 1", "http 1", "no scheme 1"], inventory.Census.Kinds.Schemes.Select(scheme => $"{scheme.Scheme} {scheme.Count}"));
        Assert.Equal(["http_content 3", "malformed 1", "scheme_file 1", "scheme_unsupported 1"], inventory.Census.Kinds.Classes.Select(kind => $"{kind.Class} {kind.Count}"));
        Assert.Equal(4, inventory.Census.Groups);
    }

    public void Dispose() => _bed.Dispose();

    private string Verdicts(LegacyEra era) => string.Concat(_bed.Inventory(_bed.Legacy(era).File).Inputs[0].Defects.Select(defect => defect.Verdict.ToString()[0]));

    /// <summary>Overwrites one page of a table's rows, by default in the middle of them; from the end where the number is below 0.</summary>
    private static void Damage(string file, string table, int? leaf = null)
    {
        long page, size;
        using (var database = SqlConnection.Open(file, readOnly: true))
        {
            size = database.Scalar("PRAGMA page_size");
            page = FindLeaf(file, size, database.Scalar($"SELECT rootpage FROM sqlite_schema WHERE name = '{table}'"), leaf);
        }

        using var open = File.OpenWrite(file);
        open.Position = (page - 1) * size;
        open.Write(new byte[size]);
    }

    /// <summary>A child of a table's root, which is an interior page of a b-tree with one level below it.</summary>
    private static long FindLeaf(string file, long size, long root, int? leaf)
    {
        var bytes = File.ReadAllBytes(file).AsSpan((int)((root - 1) * size), (int)size);
        Assert.Equal(5, bytes[0]);
        var cells = (bytes[3] << 8) | bytes[4];
        var cell = 12 + (2 * (leaf is null ? cells / 2 : leaf < 0 ? cells + leaf.Value : leaf.Value));
        var at = (bytes[cell] << 8) | bytes[cell + 1];
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
    }
}
