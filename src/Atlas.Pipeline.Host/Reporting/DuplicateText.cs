using System.Globalization;
using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What duplicates were and where: for people, in the end of a run and in full, and as JSON.</summary>
internal static class DuplicateText
{
    private const int KindsInShort = 4;
    private const int HostsInShort = 3;

    /// <summary>Everything.</summary>
    public static string Of(IReadOnlyList<SourceDuplicates> sources, WorstHosts worst)
    {
        var all = sources.Sum(source => source.Duplicates);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Figures.Count(all)} duplicates among {Figures.Count(sources.Sum(source => source.Received))} lines.\n");
        if (all == 0)
            return text.ToString();

        text.Append("kinds\n");
        foreach (var (kind, count) in SourceDuplicates.Kinds(sources))
            text.Append(CultureInfo.InvariantCulture, $"  {kind,-20} {Figures.Count(count),14}  {Figures.Share(count, all)}\n");
        text.Append("sources\n");
        foreach (var source in sources.OrderByDescending(source => source.Duplicates))
            text.Append(CultureInfo.InvariantCulture, $"  {source.Source,-20} {Figures.Count(source.Duplicates),14}  {Figures.Share(source.Duplicates, source.Received)} of its lines; {Short(SourceDuplicates.Kinds([source]), source.Duplicates)}\n");
        text.Append(CultureInfo.InvariantCulture, $"hosts{(worst.IsSampled ? $" (one in {DuplicateTally.SampledFrom} looked at)" : "")}\n");
        foreach (var host in worst.Hosts)
            text.Append(CultureInfo.InvariantCulture, $"  {host.Name,-40} {Figures.Count(host.Count),14}{(host.Error > 0 ? $"  at most {Figures.Count(host.Error)} too high" : "")}\n");
        return text.ToString();
    }

    /// <summary>The most frequent kinds in one line.</summary>
    public static string Short(IReadOnlyList<(string Kind, long Count)> kinds, long all) =>
        string.Join(", ", kinds.Take(KindsInShort).Select(kind => $"{kind.Kind} {Figures.Share(kind.Count, all)}")) + (kinds.Count > KindsInShort ? ", ..." : "");

    /// <summary>The worst hosts in one line; those that could be mere error are left out.</summary>
    public static string Short(WorstHosts worst) =>
        string.Join(", ", worst.Hosts.Where(host => host.Count > 2 * host.Error).Take(HostsInShort).Select(host => $"{host.Name} {(worst.IsSampled || host.Error > 0 ? "about " : "")}{Figures.Count(host.Count)}"));

    public static byte[] Json(IReadOnlyList<SourceDuplicates> sources, WorstHosts worst)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("received", sources.Sum(source => source.Received));
            json.WriteNumber("duplicates", sources.Sum(source => source.Duplicates));
            Write(json, sources, worst);
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    /// <summary>The keys that the report of a run has beside its counts.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<SourceDuplicates> sources, WorstHosts worst)
    {
        WriteKinds(json, "duplicate_kinds", sources);
        json.WriteStartObject("duplicates_by_source");
        foreach (var source in sources)
        {
            json.WriteStartObject(source.Source);
            json.WriteNumber("received", source.Received);
            json.WriteNumber("duplicates", source.Duplicates);
            WriteKinds(json, "kinds", [source]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("worst_hosts");
        foreach (var host in worst.Hosts)
        {
            json.WriteStartObject();
            json.WriteString("host", host.Name);
            json.WriteNumber("duplicates", host.Count);
            json.WriteNumber("error", host.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("worst_hosts_one_in", worst.IsSampled ? DuplicateTally.SampledFrom : 1);
    }

    private static void WriteKinds(Utf8JsonWriter json, string name, IReadOnlyList<SourceDuplicates> sources)
    {
        json.WriteStartObject(name);
        foreach (var (kind, count) in SourceDuplicates.Kinds(sources))
            json.WriteNumber(kind, count);
        json.WriteEndObject();
    }
}
