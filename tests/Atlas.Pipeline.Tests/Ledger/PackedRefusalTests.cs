using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class PackedRefusalTests
{
    [Fact]
    public void What_is_packed_is_read_again()
    {
        var row = new PackedRefusal(UInt128.MaxValue / 3, Reason.Http(999), CanonicalizationError.BadPort, 1_770_000_000_123, 7, 1L << 40, 255);
        var bytes = new byte[PackedRefusal.Size];

        row.Write(bytes);

        Assert.Equal(row, PackedRefusal.Read(bytes));
    }

    // A number in the file means the same for as long as there are files.
    [Fact]
    public void Reasons_and_flaws_keep_their_numbers()
    {
        Assert.Equal(
            "0 none, 1 duplicate, 10 malformed, 11 line_too_long, 12 not_utf8, 13 scheme_file, 14 scheme_unsupported, 15 ruled_out, 16 unrouted, 30 dns_failed, 31 connect_failed, 32 connection_reset, 33 tls_failed, "
            + "34 timeout, 35 protocol_error, 36 rate_limited, 37 too_large, 38 too_many_redirects, 39 redirect_refused, 40 address_blocked, 41 port_blocked, 42 robots_disallowed, 43 bad_encoding, 44 decompression_bomb, "
            + "45 too_slow, 46 headers_too_large, 47 killed_the_process, 48 unexpected, 49 dns_not_found, 50 no_handles, 51 out_of_memory, 52 network_down, 60 robots_unavailable, 61 host_down, 70 moved",
            string.Join(", ", Reason.OwnNames.OrderBy(reason => reason.Code).Select(reason => $"{reason.Code} {reason.Name}")));
        Assert.Equal("0 None, 1 NoScheme, 2 NoHost, 3 BadHost, 4 BadPort", string.Join(", ", Enum.GetValues<CanonicalizationError>().Select(flaw => $"{(byte)flaw} {flaw}")));
    }
}
