using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Writes log lines to stderr, as text or as one JSON object a line.</summary>
internal sealed class StderrLog(bool json, TimeProvider time, Action<string> write) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
    }

    private string TextOf(LogLevel level, string message, Exception? error)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():HH:mm:ss} {NameOf(level)} {message}");
        return error is null ? text : $"{text} ({error.GetBaseException().Message})";
    }

    private string JsonOf(LogLevel level, string category, EventId id, string message, Exception? error)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var line = new Utf8JsonWriter(bytes))
        {
            line.WriteStartObject();
            line.WriteString("time", time.GetUtcNow());
            line.WriteString("level", NameOf(level));
            line.WriteString("room", category);
            line.WriteNumber("event", id.Id);
            if (id.Name is { } name)
                line.WriteString("name", name);
            line.WriteString("message", message);
            if (error is not null)
                line.WriteString("error", error.ToString());
            line.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => "error",
        LogLevel.Warning => "warn",
        LogLevel.Information => "info",
        _ => "debug",
    };

    private sealed class Logger(StderrLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var message = formatter(state, exception);
            log.Write(logLevel, category, eventId, message, exception);
        }
    }

    private void Write(LogLevel level, string category, EventId id, string message, Exception? error) =>
        write(json ? JsonOf(level, category, id, message, error) : TextOf(level, message, error));
}
