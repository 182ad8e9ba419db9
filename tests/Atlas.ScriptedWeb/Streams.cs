namespace Atlas.ScriptedWeb;

/// <summary>Bodies that take their time, or never end.</summary>
internal static class Streams
{
    private static readonly byte[] Block = [.. Enumerable.Repeat((byte)'a', 64 * 1024)];

    /// <summary>Headers at once, half of the body, the rest after the wait.</summary>
    public static async Task SlowAsync(HttpContext context, int milliseconds, byte[] body)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = body.Length;
        var half = body.Length / 2;
        await context.Response.Body.WriteAsync(body.AsMemory(0, half), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, context.RequestAborted);
        await context.Response.Body.WriteAsync(body.AsMemory(half), context.RequestAborted);
    }

    /// <summary>One byte a period until the client leaves.</summary>
    public static async Task DripAsync(HttpContext context, int milliseconds)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        while (true)
        {
            await context.Response.Body.WriteAsync(Block.AsMemory(0, 1), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, context.RequestAborted);
        }
    }

    /// <summary>So many bytes, with their length announced, or without an end.</summary>
    public static async Task HugeAsync(HttpContext context, long? bytes)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = bytes;
        for (var left = bytes ?? long.MaxValue; left > 0; left -= Block.Length)
            await context.Response.Body.WriteAsync(Block.AsMemory(0, (int)Math.Min(left, Block.Length)), context.RequestAborted);
    }
}
