using System.Globalization;
using System.Text;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class LegacyTimesTests
{
    [Theory]
    [InlineData("2025-09-30T12:34:56.123456", "2025-09-30T10:34:56.123Z")]
    [InlineData("2025-12-30T12:34:56", "2025-12-30T11:34:56.000Z")]
    [InlineData("2025-12-30T12:34", "2025-12-30T11:34:00.000Z")]
    [InlineData("2025-09-30T12:34:56Z", "2025-09-30T12:34:56.000Z")]
    [InlineData("2025-09-30T12:34:56+05:30", "2025-09-30T07:04:56.000Z")]
    [InlineData("2025-09-30T12:34:56.5-0400", "2025-09-30T16:34:56.500Z")]
    [InlineData("1759235696", "2025-09-30T12:34:56.000Z")]
    [InlineData("1759235696123", "2025-09-30T12:34:56.123Z")]
    public void A_time_is_read_as_local_to_the_zone_unless_it_says_otherwise(string text, string expected) =>
        Assert.Equal(expected, Parse(text, "Europe/Berlin"));

    [Fact]
    public void A_time_that_SQLite_wrote_is_UTC_whatever_the_zone() =>
        Assert.Equal("2025-09-30T12:34:56.000Z", Parse("2025-09-30 12:34:56", "Europe/Berlin"));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2025-13-01T00:00:00")]
    [InlineData("2025-02-30")]
    [InlineData("2025-02-20T25:00:00")]
    [InlineData("2025-02-20T10:00:00 o'clock")]
    [InlineData("2025-02-20T10")]
    public void What_is_no_time_is_none(string text) => Assert.Null(Parse(text, "UTC"));

    [Fact]
    public void An_hour_that_there_is_twice_or_not_at_all_is_a_time_too()
    {
        Assert.NotNull(Parse("2025-10-26T02:30:00", "Europe/Berlin"));
        Assert.NotNull(Parse("2025-03-30T02:30:00", "Europe/Berlin"));
    }

    private static string? Parse(string text, string zone) =>
        new LegacyTimes(TimeZoneInfo.FindSystemTimeZoneById(zone)).Parse(Encoding.UTF8.GetBytes(text)) is { } time
            ? DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) : null;
}
